#include "include/webbundle.h"

// Written by scripts/bundle-web; absent in a plain `swift build`, which then serves no client.
#if __has_include("generated/files.h")
#include "generated/files.h"
#else
const struct web_file web_files[1] = {{0}};
const size_t web_file_count = 0;
#endif

const struct web_file *web_file_at(size_t index) { return &web_files[index]; }
