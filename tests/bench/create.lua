wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Device-Token"] = os.getenv("DEVICE_TOKEN")
wrk.body = '{"livenessOperationMode":"Passive","deviceCorrelationId":"0b9d4c1e-7a52-4a35-9d0f-3f1f6a1f2b3c"}'
