cd "${DRILL:?this is for a drill alone}" || exit
rclone sync ./data backup:data
rclone ls backup:
