/*
 * Every file the program carries: ASSET(symbol, name, media type). `name` is the file's below
 * server/web, and what it is asked for by. No include guard: this is an X-macro table.
 */
/* clang-format off */
ASSET(openapi, "openapi.json", "application/json")
ASSET(errors_style, "errors/style.css", "text/css; charset=utf-8")
ASSET(demo_html, "demo/index.html", "text/html; charset=utf-8")
ASSET(demo_frame, "demo/frame.html", "text/html; charset=utf-8")
ASSET(demo_style, "demo/style.css", "text/css; charset=utf-8")
ASSET(demo_frame_style, "demo/frame.css", "text/css; charset=utf-8")
ASSET(demo_icon, "demo/icon.svg", "image/svg+xml")
ASSET(demo_main, "demo/main.js", "text/javascript; charset=utf-8")
ASSET(demo_api, "demo/api.js", "text/javascript; charset=utf-8")
ASSET(demo_camera, "demo/camera.js", "text/javascript; charset=utf-8")
ASSET(demo_dom, "demo/dom.js", "text/javascript; charset=utf-8")
ASSET(demo_frame_js, "demo/frame.js", "text/javascript; charset=utf-8")
ASSET(demo_picture, "demo/picture.js", "text/javascript; charset=utf-8")
ASSET(demo_problem, "demo/problem.js", "text/javascript; charset=utf-8")
ASSET(demo_receipt, "demo/receipt.js", "text/javascript; charset=utf-8")
ASSET(demo_verdict, "demo/verdict.js", "text/javascript; charset=utf-8")
ASSET(demo_wire, "demo/wire.js", "text/javascript; charset=utf-8")
ASSET(demo_words, "demo/words.js", "text/javascript; charset=utf-8")
ASSET(status_html, "status/index.html", "text/html; charset=utf-8")
ASSET(status_style, "status/style.css", "text/css; charset=utf-8")
ASSET(status_icon, "status/icon.svg", "image/svg+xml")
ASSET(status_main, "status/main.js", "text/javascript; charset=utf-8")
ASSET(status_numbers, "status/numbers.js", "text/javascript; charset=utf-8")
ASSET(status_judge, "status/judge.js", "text/javascript; charset=utf-8")
ASSET(status_cards, "status/cards.js", "text/javascript; charset=utf-8")
ASSET(status_view, "status/view.js", "text/javascript; charset=utf-8")
/* clang-format on */
