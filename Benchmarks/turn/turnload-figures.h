// SPDX-License-Identifier: Apache-2.0
// What a load client counts: time, the server's CPU time and memory, and how latencies are spread.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/// 64 steps for each power of two.
struct histogram {
    uint64_t counts[64 * 40], total;
};

static inline uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline void histogram_add(struct histogram *histogram, uint64_t value) {
    int power = value < 64 ? 5 : 63 - __builtin_clzll(value);
    uint64_t index = value < 64 ? value : (uint64_t)(power - 5) * 64 + ((value >> (power - 6)) & 63);
    if (index >= sizeof histogram->counts / 8) index = sizeof histogram->counts / 8 - 1;
    histogram->counts[index]++;
    histogram->total++;
}

/// The value that `part` of all are below, in microseconds.
static inline double histogram_at(const struct histogram *histogram, double part) {
    uint64_t wanted = (uint64_t)((double)histogram->total * part), seen = 0;
    for (unsigned index = 0; index < sizeof histogram->counts / 8; index++) {
        seen += histogram->counts[index];
        if (seen <= wanted) continue;
        if (index < 64) return index / 1000.0;
        unsigned power = index / 64 + 5;
        return (double)((1ull << power) + ((uint64_t)(index % 64) << (power - 6))) / 1000.0;
    }
    return 0;
}

/// CPU seconds that a process has used, user and system.
static inline double cpu_of(int pid) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    unsigned long user = 0, system = 0;
    char *end = fgets(line, sizeof line, file) ? strrchr(line, ')') : 0;
    if (end) sscanf(end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/// KiB that a process has in memory.
static inline long memory_of(int pid) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    long kibibytes = 0;
    while (file && fgets(line, sizeof line, file)) sscanf(line, "VmRSS: %ld", &kibibytes);
    if (file) fclose(file);
    return kibibytes;
}
