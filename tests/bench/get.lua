wrk.headers["X-Device-Token"] = os.getenv("DEVICE_TOKEN")
