/*
 * Every file the program carries: ASSET(symbol, name, media type). `name` is the file's below
 * server/web, and what it is asked for by. No include guard: this is an X-macro table.
 */
/* clang-format off */
ASSET(openapi, "openapi.json", "application/json")
ASSET(errors_style, "errors/style.css", "text/css; charset=utf-8")
ASSET(demo_html, "demo/index.html", "text/html; charset=utf-8")
ASSET(demo_frame, "demo/frame.html", "text/html; charset=utf-8")
/* clang-format on */
