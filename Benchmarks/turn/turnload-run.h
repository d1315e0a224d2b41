// SPDX-License-Identifier: Apache-2.0
// The course of a run: allocations, load, figures, release. Part of turnload.c.

/// Sends back whatever comes, as every peer does here.
static void *echo(void *argument) {
    int descriptor = *(int *)argument;
    static uint8_t memory[BATCH][MESSAGE];
    struct mmsghdr messages[BATCH] = {0};
    struct iovec vectors[BATCH];
    struct sockaddr_in names[BATCH];
    while (!peer_ends) {
        for (int index = 0; index < BATCH; index++) {
            vectors[index] = (struct iovec){memory[index], MESSAGE};
            messages[index].msg_hdr = (struct msghdr){.msg_name = &names[index], .msg_namelen = sizeof names[index],
                                                      .msg_iov = &vectors[index], .msg_iovlen = 1};
        }
        int number = recvmmsg(descriptor, messages, BATCH, MSG_WAITFORONE, 0);
        for (int index = 0; index < number; index++) vectors[index].iov_len = messages[index].msg_len;
        for (int first = 0, run; first < number; first += run) {
            for (run = 1; with_gso && first + run < number && names[first + run].sin_port == names[first].sin_port &&
                          vectors[first + run].iov_len == vectors[first].iov_len && run < 60;)
                run++;
            if (!with_gso) run = number - first;
            int done = send_run(descriptor, messages + first, run, with_gso);
            if (done < run) run = done > 0 ? done : 1;
        }
        if (number > 0) __atomic_fetch_add(&peer_packets, (uint64_t)number, __ATOMIC_RELAXED);
    }
    return 0;
}

static int large_buffers(int descriptor, int bytes) {
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return descriptor;
}

static void start_peer(void) {
    static int descriptor;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct timeval wait = {.tv_usec = 200000};
    descriptor = large_buffers(socket(AF_INET, SOCK_DGRAM, 0), 8 << 20);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (bind(descriptor, (struct sockaddr *)&address, length) != 0) exit(1);
    getsockname(descriptor, (struct sockaddr *)&address, &length);
    peer_port = ntohs(address.sin_port);
    pthread_t thread;
    pthread_create(&thread, 0, echo, &descriptor);
}

static void start_tls(struct client *client, const struct sockaddr_in *server) {
    client->tls = SSL_new(tls);
    SSL_set_connect_state(client->tls);
    SSL_set_mode(client->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (transport == TLS) {
        SSL_set_fd(client->tls, client->descriptor);
        return;
    }
    BIO *datagrams = BIO_new_dgram(client->descriptor, BIO_NOCLOSE);
    BIO_ctrl(datagrams, BIO_CTRL_DGRAM_SET_CONNECTED, 0, (void *)server);
    SSL_set_bio(client->tls, datagrams, datagrams);
    SSL_set_mtu(client->tls, 1400);
}

static void open_client(struct client *client) {
    struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    beginning++;
    client->began = now();
    client->channel = (uint16_t)(0x4000 + (client - clients) % 0xfff);
    client->partner = &clients[(client - clients) ^ 1];
    client->descriptor = socket(AF_INET, (is_stream() ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
    if (is_stream()) setsockopt(client->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    else large_buffers(client->descriptor, 1 << 20);
    if (connect(client->descriptor, (struct sockaddr *)&server, sizeof server) != 0 && errno != EINPROGRESS) {
        fail(client);
        return;
    }
    if (transport == TLS || transport == DTLS) start_tls(client, &server);
    client->waits_for_room = transport != UDP;
    struct epoll_event event = {.events = EPOLLIN | (transport != UDP ? EPOLLOUT : 0), .data.ptr = client};
    epoll_ctl(epoll, EPOLL_CTL_ADD, client->descriptor, &event);
    if (transport == UDP) ask(client, ALLOCATING);
}

static void connected(struct client *client) {
    if (client->tls) {
        int status = SSL_do_handshake(client->tls);
        if (status != 1) {
            if (is_patient(client, status)) watch(client, 0);
            else fail(client);
            return;
        }
    }
    watch(client, 0);
    ask(client, ALLOCATING);
}

static void serve(struct client *client, uint32_t events) {
    if (client->state == FAILED) return;
    if (client->state == CONNECTING) {
        connected(client);
        return;
    }
    if (events & EPOLLOUT) flush(client);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || client->state == FAILED) return;
    if (transport == UDP) read_datagrams(client);
    else read_bytes(client);
    if (is_stream() && client->out.end > client->out.start) flush(client);
    int is_source = !in_pairs || (client - clients) % 2 == 0;
    if (measuring < 2 && window && client->state == READY && is_source && client->outstanding < window)
        send_payload(client, window - client->outstanding);
}

static void turn(double longest) {
    struct epoll_event events[256];
    struct timespec wait = {.tv_sec = (time_t)longest, .tv_nsec = (long)((longest - (double)(time_t)longest) * 1e9)};
    int number = epoll_pwait2(epoll, events, 256, &wait, 0);
    for (int index = 0; index < number; index++) serve(events[index].data.ptr, events[index].events);
}

/// Asks again where no answer came, and starts again where the whole window was lost.
static void repeat(void) {
    static uint64_t last;
    uint64_t time = now();
    if (time - last < 50000000) return;
    last = time;
    for (int index = 0; index < count; index++) {
        struct client *client = &clients[index];
        int is_asking = client->state == ALLOCATING || client->state == BINDING || client->state == RELEASING;
        if (is_asking && !is_stream() && time - client->asked > 500000000) ask(client, client->state);
        if (client->state != READY || !window || client->outstanding == 0 || measuring > 1 || hold > 0) continue;
        if (client->last_arrival == 0) client->last_arrival = time;
        if (time < client->last_arrival + 300000000) continue;
        lost += (uint64_t)client->outstanding;
        client->outstanding = 0;
        client->last_arrival = time;
        send_payload(client, window);
    }
}

static void run_for(double duration) {
    uint64_t start = now(), end = start + (uint64_t)(duration * 1e9);
    double due = 0;
    int next = 0, step = in_pairs ? 2 : 1;
    while (now() < end) {
        while (rate > 0 && measuring < 2 && due < (double)(now() - start) / 1e9 * rate) {
            if (clients[next].state == READY) send_payload(&clients[next], 1);
            next = (next + step) % count;
            due++;
        }
        double wait = rate > 0 ? (due + 1) / rate - (double)(now() - start) / 1e9 : 0.01;
        turn(wait < 0 ? 0 : wait > 0.01 ? 0.01 : wait);
        repeat();
    }
}

static void read_arguments(int number, char **arguments) {
    static const char *const transports[] = {"udp", "tcp", "tls", "dtls"};
    if (number < 3) fprintf(stderr, "usage: turnload PORT PID [name=value ...]\n"), exit(2);
    port = atoi(arguments[1]), pid = atoi(arguments[2]);
    for (int index = 3; index < number; index++) {
        char *value = strchr(arguments[index], '=');
        if (!value) fprintf(stderr, "%s is no name=value\n", arguments[index]), exit(2);
        *value++ = 0;
        const char *name = arguments[index];
        if (!strcmp(name, "transport"))
            for (int kind = 0; kind < 4; kind++) transport = strcmp(value, transports[kind]) ? transport : kind;
        else if (!strcmp(name, "n")) count = atoi(value);
        else if (!strcmp(name, "size")) size = atoi(value);
        else if (!strcmp(name, "window")) window = atoi(value);
        else if (!strcmp(name, "rate")) rate = atof(value);
        else if (!strcmp(name, "warm")) warm = atof(value);
        else if (!strcmp(name, "secs")) seconds = atof(value);
        else if (!strcmp(name, "hold")) hold = atof(value);
        else if (!strcmp(name, "indications")) by_indications = atoi(value);
        else if (!strcmp(name, "pairs")) in_pairs = atoi(value);
        else if (!strcmp(name, "gso")) with_gso = atoi(value);
        else if (!strcmp(name, "user")) user = value;
        else if (!strcmp(name, "password")) password = value;
        else fprintf(stderr, "what is %s?\n", name), exit(2);
    }
    if (size < 24 || size > 2000) fprintf(stderr, "size is 24 to 2000\n"), exit(2);
    if (hold > 0) window = 0, rate = 0;
    else if (!window && rate == 0) window = 16;
    if (in_pairs) count = (count + 1) / 2 * 2;
}

int main(int number, char **arguments) {
    read_arguments(number, arguments);
    if (transport == TLS || transport == DTLS) tls = SSL_CTX_new(transport == TLS ? TLS_client_method() : DTLS_client_method());
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    start_peer();
    epoll = epoll_create1(0);
    clients = calloc((size_t)count, sizeof *clients);
    long memory = memory_of(pid);
    double cpu = cpu_of(pid);
    uint64_t start = now();
    for (int next = 0; ready + failed < count && now() - start < 30000000000u;) {
        while (next < count && beginning < AT_ONCE) open_client(&clients[next++]);
        turn(0.002);
        repeat();
    }
    double setup = (double)(now() - start) / 1e9, setup_cpu = cpu_of(pid) - cpu;
    memory = memory_of(pid) - memory;
    printf("{\"ready\": %d, \"failed\": %d, \"allocations_per_s\": %.0f, \"allocate_p99_us\": %.0f, "
           "\"cpu_ms_per_allocation\": %.4f, \"kib_per_allocation\": %.2f",
           ready, failed, ready / setup, histogram_at(&allocation, 0.99), setup_cpu * 1000 / (ready ? ready : 1),
           (double)memory / (ready ? ready : 1));
    if (hold > 0) run_for(hold);
    else if (ready == count) {
        for (int index = 0; window && index < count; index += in_pairs ? 2 : 1) send_payload(&clients[index], window);
        run_for(warm);
        measuring = 1;
        arrived = 0;
        uint64_t lost_before = lost, echoes = peer_packets, began = now();
        cpu = cpu_of(pid);
        run_for(seconds);
        double duration = (double)(now() - began) / 1e9;
        cpu = cpu_of(pid) - cpu;
        uint64_t round_trips = arrived, relayed = in_pairs ? 2 * arrived : arrived + peer_packets - echoes;
        measuring = 2;
        run_for(0.3);
        printf(", \"round_trips_per_s\": %.0f, \"cpu_us_per_packet\": %.3f, \"p50_us\": %.0f, \"p99_us\": %.0f, "
               "\"lost\": %.6f, \"bad\": %lu",
               (double)round_trips / duration, relayed ? cpu * 1e6 / (double)relayed : 0, histogram_at(&latency, 0.5),
               histogram_at(&latency, 0.99),
               window ? (double)(lost - lost_before) / (double)(measured_sent + 1)
                      : 1 - (double)latency.total / (double)(measured_sent + 1),
               (unsigned long)bad);
    }
    printf("}\n");
    int held = ready;
    for (int index = 0; index < count; index++) {
        if (clients[index].state == READY) ask(&clients[index], RELEASING);
        if (index % AT_ONCE == 0) turn(0.002);
    }
    for (start = now(); gone < held && now() - start < 3000000000u;) turn(0.01), repeat();
    peer_ends = 1;
    return bad > 0 || failed > 0;
}
