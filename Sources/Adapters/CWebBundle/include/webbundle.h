// The web client, embedded in the program so that Parley is one file to install.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Bytes of a file that a server with branding replaces. `words` is NULL, or names and texts in turn, one a line.
struct web_place {
    const char *kind;
    size_t start;
    size_t count;
    const char *words;
};

/// One file of the web client. `gzip` and `brotli` are NULL where compression does not pay.
struct web_file {
    const char *path;
    const char *etag;
    const uint8_t *identity;
    size_t identity_count;
    const uint8_t *gzip;
    size_t gzip_count;
    const uint8_t *brotli;
    size_t brotli_count;
    const struct web_place *places;
    size_t place_count;
};

extern const struct web_file web_files[];
/// 0 when the program was built without `make web`.
extern const size_t web_file_count;

/// The file at `index`, below `web_file_count`.
const struct web_file *web_file_at(size_t index);
