rclone sync ./data backup:data
rclone ls backup:
