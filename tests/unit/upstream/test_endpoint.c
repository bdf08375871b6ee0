/*
 * Endpoints as people paste them.
 */
#include "upstream/endpoint.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void accepts(const char *text, const char *expected)
{
    char *endpoint = NULL;
    const char *why = "";
    cr_assert_eq(endpoint_normalise(text, &endpoint, &why), 0, "%s: %s", text, why);
    cr_assert_str_eq(endpoint, expected);
    free(endpoint);
}

static void refuses(const char *text)
{
    char *endpoint = NULL;
    const char *why = NULL;
    cr_assert_lt(endpoint_normalise(text, &endpoint, &why), 0, "%s", text);
    cr_assert_not_null(why);
    cr_assert_null(endpoint);
}

Test(endpoint, takes_both_forms_of_the_service)
{
    accepts("https://contoso.cognitiveservices.azure.com/",
            "https://contoso.cognitiveservices.azure.com");
    accepts("https://westeurope.api.cognitive.microsoft.com",
            "https://westeurope.api.cognitive.microsoft.com");
}

Test(endpoint, trims_slashes_and_keeps_the_prefix)
{
    accepts("https://a.example///", "https://a.example");
    accepts("https://a.example//proxy//face-api//", "https://a.example/proxy/face-api");
    accepts("https://a.example/Proxy", "https://a.example/Proxy");
}

Test(endpoint, lowers_scheme_and_host_and_drops_the_default_port)
{
    accepts("HTTPS://A.Example:443/", "https://a.example");
    accepts("https://a.example:8443", "https://a.example:8443");
}

Test(endpoint, takes_plain_http_to_loopback_only)
{
    accepts("http://127.0.0.1:8082/", "http://127.0.0.1:8082");
    accepts("http://localhost:8082", "http://localhost:8082");
    accepts("http://[::1]:8082", "http://[::1]:8082");
    refuses("http://a.example");
    refuses("http://10.0.0.1");
    refuses("http://localhost.example.com");
    refuses("http://127.0.0.1.example.com");
}

Test(endpoint, refuses_what_does_not_belong_into_it)
{
    refuses("");
    refuses("a.example");
    refuses("ftp://a.example");
    refuses("https://");
    refuses("https:///path");
    refuses("https://user@a.example");
    refuses("https://user:secret@a.example");
    refuses("https://a.example/?x=1");
    refuses("https://a.example?");
    refuses("https://a.example/#top");
    refuses("https://a.example:port");
    refuses("https://a.example:70000");
    refuses("https://a.exam ple");
    refuses("https://a.example\r\nHost: b");
    refuses("https://a.example\\b");
    refuses("https://%61.example");
}
