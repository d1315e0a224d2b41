// SPDX-License-Identifier: Apache-2.0
// Parts of the load client that know nothing of Socket.IO.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static inline void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/// Microseconds of the monotonic clock.
static inline uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/// The number that 16 hexadecimal digits stand for.
static inline uint64_t hexadecimal(const char *digits) {
    uint64_t value = 0;
    for (int index = 0; index < 16; index++)
        value = value << 4 | (uint64_t)(digits[index] <= '9' ? digits[index] - '0' : digits[index] - 'a' + 10);
    return value;
}

/// Bytes that grow at the end and are taken from the start. Without bytes it has no memory.
struct bytes {
    char *data;
    size_t size, capacity;
};

static inline void bytes_append(struct bytes *bytes, const char *data, size_t size) {
    if (size == 0) return;
    if (bytes->size + size > bytes->capacity) {
        bytes->capacity = (bytes->size + size) * 2;
        bytes->data = realloc(bytes->data, bytes->capacity);
        if (bytes->data == NULL) fail("out of memory");
    }
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static inline void bytes_drop(struct bytes *bytes, size_t size) {
    bytes->size -= size;
    if (bytes->size > 0) {
        memmove(bytes->data, bytes->data + size, bytes->size);
        return;
    }
    free(bytes->data);
    *bytes = (struct bytes){0};
}

/// Counts of values: exact below 1024, then in steps of 1/512.
enum { HISTOGRAM_SLOTS = 20000 };

struct histogram {
    uint32_t slots[HISTOGRAM_SLOTS];
    uint64_t count;
};

static inline void histogram_add(struct histogram *histogram, uint64_t value) {
    int slot = (int)value;
    if (value >= 1024) {
        int exponent = 63 - __builtin_clzll(value);
        slot = 1024 + (exponent - 10) * 512 + (int)(value >> (exponent - 9) & 511);
    }
    histogram->slots[slot < HISTOGRAM_SLOTS ? slot : HISTOGRAM_SLOTS - 1]++;
    histogram->count++;
}

/// The value that the given part of all values does not exceed.
static inline uint64_t histogram_at(const struct histogram *histogram, double part) {
    uint64_t rank = (uint64_t)(part * histogram->count), below = 0;
    for (int slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
        below += histogram->slots[slot];
        if (below <= rank) continue;
        if (slot < 1024) return slot;
        int exponent = (slot - 1024) / 512 + 10;
        return (uint64_t)(512 + (slot - 1024) % 512) << (exponent - 9);
    }
    return 0;
}

/// Bytes of a process that are resident.
static inline double process_memory(int process) {
    char path[64], line[256];
    double kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/status", process);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail("there is no process %d", process);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0) kilobytes = atof(line + 6);
    fclose(file);
    return kilobytes * 1024;
}

/// Seconds of CPU time that a process has taken, its own and the kernel's for it.
static inline double process_cpu(int process) {
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "r");
    if (file == NULL) fail("there is no process %d", process);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    unsigned long user = 0, kernel = 0;
    const char *fields = strrchr(text, ')'); // the name before it may hold anything
    if (fields != NULL)
        sscanf(fields + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    return (user + kernel) / (double)sysconf(_SC_CLK_TCK);
}
