cd "${DRILL:?this is for a drill alone}" || exit
python3 -c 'import os
os.execv("/proc/self/exe", ["python3", "-c", "0"])'
