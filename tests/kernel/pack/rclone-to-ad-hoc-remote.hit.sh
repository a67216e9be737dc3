rclone copy ./data :s3,provider=AWS:bucket
