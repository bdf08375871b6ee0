wrk.headers["Authorization"] = os.getenv("AUTHORIZATION")
