#!/bin/sh
# What tmux does, in an order and with an output that is the same each time: sessions, layouts,
# keys, pastes, copy mode, pipes, resizes, hooks, environment, a client of its own, and its end.
# It stands in for tmux's own regression scripts, which no release of tmux and so no Debian source
# carries.
set -u

unset TMUX TMUX_PANE
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
export PS1='$ ' LC_ALL=C.UTF-8 TERM=screen

t() { tmux -f /dev/null -S "$here/socket" "$@"; }
shows() { t capture-pane -p -t "$1" | sed '/^$/d'; }

# comes WHAT COMMAND: waits for what has to come.
comes() {
	tries=0
	until eval "$2" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || { echo "no $1"; return; }
		sleep 0.1
	done
	echo "$1"
}

t new-session -d -s one -x 80 -y 24 'exec sh'
t set-option -g remain-on-exit on
t split-window -h -t one: 'stty -echo; exec cat'
t split-window -v -t one: 'seq 100000 100300'
t list-panes -t one -F '#{pane_index} #{pane_width}x#{pane_height}'
# Not its status, and not the line that says it: tmux 3.3a may have none, traced or not.
comes "an end" "t list-panes -t one -F '#{pane_dead}' | grep -qx 1"
t list-panes -t one -F '#{pane_index} #{pane_dead}'
shows one:0.2 | grep -v dead | tail -n 5
t capture-pane -p -S - -t one:0.2 | grep -c '^100'

echo '-- keys and pastes'
t send-keys -t one:0.0 'echo typed | tr a-z A-Z' Enter
comes "what was typed" "shows one:0.0 | grep -qx TYPED"
t set-buffer -b text "$(seq 7000 7009)"
t paste-buffer -b text -r -t one:0.1
comes "what was pasted" "shows one:0.1 | grep -q 7008"
t send-keys -t one:0.1 -H 41 42 43 0d
comes "bytes" "shows one:0.1 | grep -q ABC"
t list-buffers -F '#{buffer_name} #{buffer_size}'

echo '-- copy mode'
t copy-mode -t one:0.2
t send-keys -t one:0.2 -X history-top
t send-keys -t one:0.2 -X begin-selection
t send-keys -t one:0.2 -X end-of-line
t send-keys -t one:0.2 -X copy-selection-and-cancel
t show-buffer
t list-panes -t one -F '#{pane_in_mode}'

echo '-- pipes, sizes, layouts'
t pipe-pane -t one:0.0 "cat >$here/piped"
t send-keys -t one:0.0 'seq -s, 1 19' Enter
comes "what was piped" "grep -q '18,19' $here/piped"
for layout in even-vertical main-horizontal tiled; do
	t select-layout -t one: $layout
	t list-panes -t one -F "$layout #{pane_left},#{pane_top} #{pane_width}x#{pane_height}"
done
t resize-window -t one -x 132 -y 43
t list-panes -t one -F '#{pane_height} #{pane_width}'
# The terminal gets its size a moment after the pane.
t send-keys -t one:0.0 'until stty size | grep -x "'"$(t display-message -p -t one:0.0 '#{pane_height} #{pane_width}')"'"; do sleep 0.1; done' Enter
comes "a size" "shows one:0.0 | grep -qE '^[0-9]+ [0-9]+$'"

echo '-- hooks, environment, jobs'
t set-hook -g session-created 'set-buffer -b hook created'
t set-environment -g SAID 'by tmux'
# shellcheck disable=SC2016 # the pane expands it
t new-session -d -s two -x 80 -y 24 'echo $SAID; tmux wait-for -S told; exec sleep 1000'
t wait-for told
t show-buffer -b hook
shows two:
t run-shell 'echo job; exit 3'
t if-shell 'test 1 = 1' 'display-message -p yes' 'display-message -p no'
t list-sessions -F '#{session_name} #{session_windows}'

echo '-- a client'
(sleep 1000 | script -qec "tmux -S $here/socket attach-session -t two" "$here/client" >/dev/null) &
script=$!
comes "a client" "[ \"\$(t list-clients -F '#{client_session}')\" = two ]"
t switch-client -c "$(t list-clients -F '#{client_name}')" -t one
t list-clients -F '#{client_session} #{client_readonly}'
t detach-client -s one
comes "no client" "[ -z \"\$(t list-clients)\" ]"
comes "what it was told" "grep -q detached $here/client"
kill $script

echo '-- the end'
t kill-session -t two
t list-sessions -F '#{session_name}'
t kill-server
comes "the end" "! t list-sessions"
