/* Buffers to sockets. Plain C without Python's headers, so that one build fits every Python. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

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

/* The same, with `sizes[i]` bytes of `data[i]` for socket i. */
int tidings_send_each(const int32_t *sockets, int count, const char *const *data, const uint32_t *sizes, uint32_t *sent) {
    int left = 0;
    for (int i = 0; i < count; i++) {
        sent[i] = (uint32_t)send_one(sockets[i], data[i], sizes[i]);
        left += sent[i] != sizes[i];
    }
    return left;
}
