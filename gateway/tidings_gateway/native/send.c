/* Buffers to sockets. Plain C without Python's headers, so that one build fits every Python. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

static const uint32_t ALL = UINT32_MAX;

/* Without waiting. Returns how many bytes the socket has taken; an error counts as 0, since whoever owns the socket will
 * meet it too. */
static size_t send_one(int socket, const char *data, size_t size) {
    ssize_t taken;
    do
        taken = send(socket, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? 0 : (size_t)taken;
}

/* Sends `size` bytes of `data` to each of `count` sockets. `sent[i]`: how many bytes socket i has taken. Returns how many
 * did not take all. */
int tidings_send(const int32_t *sockets, int count, const char *data, size_t size, uint32_t *sent) {
    int left = 0;
    for (int i = 0; i < count; i++) {
        sent[i] = (uint32_t)send_one(sockets[i], data, size);
        left += sent[i] != size;
    }
    return left;
}

/* How many bytes of the chunk the socket has taken, or ALL. The chunk is that of frames.py's `chunk`: size in hex, data. */
static uint32_t send_chunk(int socket, const char *data, uint32_t size) {
    char text[10], *head = text + sizeof text;
    *--head = '\n', *--head = '\r';
    for (uint32_t left = size; left || head == text + 8; left >>= 4) *--head = "0123456789abcdef"[left & 15];
    size_t head_size = text + sizeof text - head;
    struct iovec parts[] = {{head, head_size}, {(void *)data, size}, {"\r\n", 2}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    ssize_t taken;
    do
        taken = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? 0 : (size_t)taken == head_size + size + 2 ? ALL : (uint32_t)taken;
}

/* Sends to socket i `sizes[i]` bytes of `data[i]`, as a chunk of HTTP. `sent[i]`: how many bytes of the chunk it has taken,
 * or ALL. Returns how many did not take all. */
int tidings_send_chunks(const int32_t *sockets, int count, const char *const *data, const uint32_t *sizes, uint32_t *sent) {
    int left = 0;
    for (int i = 0; i < count; i++) {
        sent[i] = send_chunk(sockets[i], data[i], sizes[i]);
        left += sent[i] != ALL;
    }
    return left;
}
