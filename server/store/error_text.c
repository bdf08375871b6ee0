/*
 * Formats an error into the caller's buffer.
 */
#include "store/error_text.h"

#include <stdarg.h>
#include <stdio.h>

void error_say(const struct error_text *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error->text, error->size, format, args);
    va_end(args);
}
