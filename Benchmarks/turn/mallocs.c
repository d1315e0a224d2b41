// SPDX-License-Identifier: Apache-2.0
// Counts what a program takes from the heap: `cc -O2 -shared -fPIC -o mallocs.so mallocs.c`, and start the program with
// LD_PRELOAD=mallocs.so MALLOCS=FILE. The file's first eight bytes are the count, in this machine's order.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static uint64_t before_file, *count = &before_file;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("MALLOCS");
    int descriptor = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
    if (descriptor < 0 || ftruncate(descriptor, 4096) != 0) return;
    void *memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory != MAP_FAILED) count = memory;
    close(descriptor);
}

static void add(void) { __atomic_fetch_add(count, 1, __ATOMIC_RELAXED); }

void *malloc(size_t size) { return add(), __libc_malloc(size); }
void *calloc(size_t number, size_t size) { return add(), __libc_calloc(number, size); }
void *realloc(void *old, size_t size) { return add(), __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { return add(), __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { return add(), __libc_memalign(alignment, size); }
int posix_memalign(void **memory, size_t alignment, size_t size) {
    return add(), (*memory = __libc_memalign(alignment, size)) ? 0 : 12;
}
