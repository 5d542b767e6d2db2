/* Thousands of readers of event streams in one thread, quick enough never to be what is measured.
 *
 *   reader PORT REQUESTS READY CONTROL [option=value …]
 *
 * REQUESTS  file of whole HTTP requests, one for each connection, each ended by a NUL
 * READY     text in the response after which a stream counts as ready
 * CONTROL   file that is shared as memory: struct control below
 * options   frozen=N     the first N connections read nothing more once they are ready
 *           opening=N    connections that may be on their way at one time (default 128)
 *           resume=1     a connection that ends comes back with Last-Event-ID, every half second until it is taken
 *           buffer=N     SO_RCVBUF of the frozen ones, in bytes
 *           arrivals=1   in CONTROL.arrivals: of each event that counts, when it was due and when it came, in ns
 *
 * An event is known by a mark in its data: ~NNNNNNNNTTTTTTTTTTTTTTTTTTT~ (8 digits: its number in this connection's
 * order, 19 digits: CLOCK_REALTIME in ns when it was due). Number 0 is for warming up and counts nowhere. Runs until
 * its standard input ends; then prints one JSON object.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MARK = 29, NUMBER = 8, STAMP = 19, CURSOR = 25, BUCKET_US = 10, BUCKETS = 3000000, CHUNK = 1 << 18 };

/* In the order of reader.py's Control. */
struct control {
    uint64_t connected, ready, closed, delivered, lost, repeated, warm, bytes, first_ns, last_ns, opened_ns, clear;
    uint64_t failed;
};

struct stream {
    int fd, connecting, ready, frozen, kept; /* kept: bytes of `rest` */
    uint32_t last;
    uint64_t asked_ns, retry_ns;
    char cursor[CURSOR + 1], rest[64];
};

static struct control *control;
static struct stream *streams;
static char **requests, *ready_text;
static int count, epoll, opening = 128, frozen, resume_too, small_buffer = 4096, under_way, next_to_open;
static struct sockaddr_in server = {.sin_family = AF_INET};
static uint32_t *latencies, *firsts; /* histograms: 10 µs a bucket */
static uint64_t start_ns;
static uint64_t (*arrivals)[2];
static size_t arrived_count, arrivals_room;
static int note_arrivals;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static void note(uint32_t *histogram, uint64_t from, uint64_t to) {
    uint64_t bucket = to > from ? (to - from) / 1000 / BUCKET_US : 0;
    histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static void note_arrival(uint64_t due, uint64_t now) {
    if (arrived_count == arrivals_room) {
        arrivals_room = arrivals_room ? 2 * arrivals_room : 1 << 18;
        arrivals = realloc(arrivals, arrivals_room * sizeof *arrivals);
        if (!arrivals) exit(1);
    }
    arrivals[arrived_count][0] = due, arrivals[arrived_count++][1] = now;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static char *file_of(const char *path, size_t *size) {
    struct stat about;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &about)) die(path);
    char *text = malloc(about.st_size + 1);
    if (read(fd, text, about.st_size) != about.st_size) die(path);
    close(fd);
    text[*size = about.st_size] = 0;
    return text;
}

static void watch(struct stream *s, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = s};
    if (epoll_ctl(epoll, operation, s->fd, &event)) die("epoll_ctl");
}

static void begin(struct stream *s) {
    int one = 1;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (s->fd < 0) die("socket");
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (s->frozen) setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &small_buffer, sizeof small_buffer);
    s->connecting = 1, s->ready = s->kept = 0, s->retry_ns = 0, under_way++;
    s->asked_ns = now_ns();
    if (connect(s->fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) die("connect");
    watch(s, EPOLL_CTL_ADD, EPOLLOUT);
}

static void end(struct stream *s) {
    if (s->connecting || !s->ready) under_way--;
    if (s->connecting) control->failed++;
    else control->connected--, control->closed++;
    if (s->ready) control->ready--;
    close(s->fd);
    s->fd = -1, s->connecting = s->ready = 0;
    if (resume_too) s->retry_ns = now_ns() + 500000000u;
}

static void ask(struct stream *s) {
    char text[16384];
    const char *request = requests[s - streams];
    int error = 0, size;
    socklen_t length = sizeof error;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) { end(s); return; }
    s->connecting = 0, control->connected++;
    if (s->cursor[0]) /* before the empty line that ends the head */
        size = snprintf(text, sizeof text, "%.*sLast-Event-ID: %s\r\n\r\n", (int)strlen(request) - 2, request, s->cursor);
    else
        size = snprintf(text, sizeof text, "%s", request);
    if (send(s->fd, text, size, MSG_NOSIGNAL) != size) { end(s); return; }
    watch(s, EPOLL_CTL_MOD, EPOLLIN);
}

static void event(struct stream *s, const char *mark, uint64_t now) {
    uint32_t number = 0;
    uint64_t due = 0;
    for (int i = 1; i <= NUMBER; i++) number = number * 10 + (mark[i] - '0');
    for (int i = NUMBER + 1; i <= NUMBER + STAMP; i++) due = due * 10 + (mark[i] - '0');
    if (!number) { control->warm++; return; }
    if (number <= s->last) { control->repeated++; return; }
    control->lost += number - s->last - 1;
    s->last = number;
    control->delivered++;
    if (!control->first_ns) control->first_ns = now;
    control->last_ns = now;
    note(latencies, due, now);
    if (note_arrivals) note_arrival(due, now);
}

/* The newest cursor: "id: v1." and 22 characters, whole. */
static void remember(struct stream *s, const char *text, size_t size) {
    const char *at = memrchr(text, 'v', size);
    while (at && !(at - text >= 4 && text + size - at > CURSOR && !memcmp(at - 4, "id: v1.", 7)))
        at = at > text ? memrchr(text, 'v', at - text) : NULL;
    if (at) memcpy(s->cursor, at, CURSOR), s->cursor[CURSOR] = 0;
}

static void arrived(struct stream *s, char *text, size_t size, uint64_t now) {
    char *at = text, *limit = text + size, *mark;
    if (!s->ready && memmem(text, size, ready_text, strlen(ready_text))) {
        s->ready = 1, under_way--;
        control->opened_ns = now;
        note(firsts, s->asked_ns, now);
        if (++control->ready && s->frozen) epoll_ctl(epoll, EPOLL_CTL_DEL, s->fd, NULL);
    }
    if (resume_too) remember(s, text, size);
    while ((mark = memchr(at, '~', limit - at)) && limit - mark >= MARK) {
        if (mark[MARK - 1] == '~') event(s, mark, now), at = mark + MARK;
        else at = mark + 1;
    }
    /* What may be the beginning of a mark, of READY or of an id waits for the rest. */
    size_t keep = mark ? (size_t)(limit - mark) : 0, ready_size = strlen(ready_text);
    if (!s->ready && keep < ready_size - 1) keep = ready_size - 1;
    if (resume_too && !mark && keep < CURSOR + 6) keep = CURSOR + 6;
    if (keep > (size_t)(limit - at)) keep = limit - at;
    memcpy(s->rest, limit - keep, keep);
    s->kept = keep;
}

static void take(struct stream *s) {
    static char text[CHUNK + 64];
    memcpy(text, s->rest, s->kept);
    ssize_t size = recv(s->fd, text + s->kept, CHUNK, 0);
    if (size <= 0) {
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
        end(s);
        return;
    }
    control->bytes += size;
    arrived(s, text, s->kept + size, now_ns());
}

static void open_some(void) {
    while (next_to_open < count && under_way < opening) {
        if (!start_ns) start_ns = now_ns();
        begin(&streams[next_to_open++]);
    }
    if (!resume_too || next_to_open < count) return;
    uint64_t now = now_ns();
    for (int i = 0; i < count && under_way < opening; i++)
        if (streams[i].fd < 0 && streams[i].retry_ns <= now) begin(&streams[i]);
}

static double quantile(const uint32_t *histogram, double share) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < BUCKETS; i++) total += histogram[i];
    for (int i = 0; i < BUCKETS && total; i++)
        if ((seen += histogram[i]) >= share * total) return (i + 1) * BUCKET_US / 1000.0;
    return 0;
}

static void write_arrivals(const char *control_path) {
    char path[4096];
    snprintf(path, sizeof path, "%s.arrivals", control_path);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(arrivals, sizeof *arrivals, arrived_count, file) != arrived_count || fclose(file)) die(path);
}

static void report(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("{\"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f, \"first_p50_ms\": %.2f, \"first_p99_ms\": %.2f, "
           "\"first_max_ms\": %.2f, \"open_s\": %.3f, \"cpu_s\": %.2f}\n",
           quantile(latencies, 0.5), quantile(latencies, 0.99), quantile(latencies, 1), quantile(firsts, 0.5),
           quantile(firsts, 0.99), quantile(firsts, 1), (control->opened_ns - start_ns) / 1e9, cpu);
}

static void option(const char *argument, const char *name, int *value) {
    if (!strncmp(argument, name, strlen(name))) *value = atoi(argument + strlen(name));
}

static void set_up(char **arguments, int n) {
    size_t size;
    int shared = open(arguments[4], O_RDWR);
    char *text = file_of(arguments[2], &size);
    for (char *at = text; at < text + size; at += strlen(at) + 1) count++;
    requests = malloc(count * sizeof *requests), streams = calloc(count, sizeof *streams);
    for (int i = 0; i < count; i++, text += strlen(text) + 1) requests[i] = text;
    server.sin_port = htons(atoi(arguments[1])), server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ready_text = arguments[3];
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    if (control == MAP_FAILED) die(arguments[4]);
    for (int i = 5; i < n; i++) {
        option(arguments[i], "frozen=", &frozen);
        option(arguments[i], "opening=", &opening);
        option(arguments[i], "resume=", &resume_too);
        option(arguments[i], "buffer=", &small_buffer);
        option(arguments[i], "arrivals=", &note_arrivals);
    }
    for (int i = 0; i < count; i++) streams[i].fd = -1, streams[i].frozen = i < frozen;
    latencies = calloc(BUCKETS, sizeof *latencies), firsts = calloc(BUCKETS, sizeof *firsts);
    epoll = epoll_create1(0);
}

int main(int n, char **arguments) {
    struct epoll_event events[512], input = {.events = EPOLLIN, .data.ptr = NULL};
    if (n < 5) return 2;
    set_up(arguments, n);
    epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
    for (;;) {
        open_some();
        int some = epoll_wait(epoll, events, 512, resume_too ? 5 : 50);
        for (int i = 0; i < some; i++) {
            struct stream *s = events[i].data.ptr;
            if (!s) {
                if (note_arrivals) write_arrivals(arguments[4]);
                report();
                return 0;
            }
            if (s->fd < 0) continue;
            if (s->connecting) ask(s);
            else take(s);
        }
        if (control->clear) { /* a new measurement with the same streams */
            memset(latencies, 0, BUCKETS * sizeof *latencies), memset(firsts, 0, BUCKETS * sizeof *firsts);
            control->delivered = control->lost = control->repeated = control->bytes = 0;
            control->first_ns = control->last_ns = control->clear = arrived_count = 0;
            for (int i = 0; i < count && !resume_too; i++) streams[i].last = 0;
        }
    }
}
