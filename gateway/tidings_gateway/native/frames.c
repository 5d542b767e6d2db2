/* Avro to event-stream frames. Plain C without Python's headers, so that one build fits every Python.
 *
 * A record's schema comes as a program (transcoder.py makes it): operations of one byte, in the order of the fields.
 *
 *   "     a text of `size` (two bytes, little-endian) that is written as it is
 *   s     string                      I     string: the notification's id
 *   U     string: must be the user whose key the record has
 *   i     int or long                 t     timestamp-millis          u     timestamp-micros
 *   X     what follows is when the record expires
 *   n     null
 *   b     boolean
 *   e     enum: the size of all symbols (two bytes), how many (one byte), then of each its size (one byte) and its JSON
 *   |     union: the same of its branches, each a size (two bytes) and its program
 *   [     array: the size of its items' program (two bytes), and that
 *
 * Whatever is unusual is refused, and left to Python, which then says what is wrong with it, or that nothing is.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FRAMING = 5, POSITION = 8, CURSOR = 22 };
static const int64_t LATEST = 253402300800000000; /* µs: the year 10000 */

struct work {
    const uint8_t *in, *in_end, *owner;
    char *out, *out_end;
    size_t owner_size, id_size, user_size;
    const uint8_t *user;
    int64_t expires;
    int expiring;
};

static int put(struct work *w, const void *text, size_t size) {
    if ((size_t)(w->out_end - w->out) < size) return 0;
    memcpy(w->out, text, size);
    w->out += size;
    return 1;
}

static int number(struct work *w, uint64_t *found) {
    *found = 0;
    for (int shift = 0; shift < 63 && w->in < w->in_end; shift += 7) {
        uint8_t byte = *w->in++;
        *found |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return 1;
    }
    return 0;
}

static int64_t signed_of(uint64_t zigzag) { return (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1); }

/* How many bytes the UTF-8 character at `at` has; 0 if it is none (RFC 3629: no surrogates, nothing overlong). */
static int character(const uint8_t *at, size_t left) {
    uint8_t a = at[0];
    int size = a >= 0xC2 && a < 0xE0 ? 2 : a >= 0xE0 && a < 0xF0 ? 3 : a >= 0xF0 && a < 0xF5 ? 4 : 0;
    if (!size || left < (size_t)size) return 0;
    for (int i = 1; i < size; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    if ((a == 0xE0 && at[1] < 0xA0) || (a == 0xED && at[1] > 0x9F) || (a == 0xF0 && at[1] < 0x90) ||
        (a == 0xF4 && at[1] > 0x8F))
        return 0;
    return size;
}

static int escaped(struct work *w, uint8_t byte) {
    static const char short_of[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\", digits[] = "0123456789abcdef";
    const char *found = byte ? strchr(short_of, byte) : NULL;
    char text[6] = {'\\', found ? letters[found - short_of] : 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    return put(w, text, found ? 2 : 6);
}

static int plain(uint8_t byte) { return byte >= ' ' && byte < 128 && byte != '"' && byte != '\\'; }

static int quoted(struct work *w, const uint8_t *at, size_t size) {
    const uint8_t *end = at + size;
    if (!put(w, "\"", 1)) return 0;
    while (at < end) {
        const uint8_t *begin = at;
        while (at < end && plain(*at)) at++;
        while (at < end && *at > 127) {
            int taken = character(at, end - at);
            if (!taken) return 0;
            at += taken;
        }
        if (!put(w, begin, at - begin)) return 0;
        if (at < end && *at < 128 && !plain(*at) && !escaped(w, *at++)) return 0;
    }
    return put(w, "\"", 1);
}

static int string(struct work *w, uint8_t kind) {
    uint64_t size;
    if (!number(w, &size) || size & 1 || (size >>= 1) > (uint64_t)(w->in_end - w->in)) return 0;
    if (kind == 'I') w->id_size = size;
    if (kind == 'U') w->user = w->in, w->user_size = size;
    w->in += size;
    return quoted(w, w->in - size, size);
}

static int integer(struct work *w) {
    uint64_t found;
    char text[24], *at = text + sizeof text;
    if (!number(w, &found)) return 0;
    int64_t value = signed_of(found);
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do *--at = '0' + left % 10;
    while (left /= 10);
    if (value < 0) *--at = '-';
    return put(w, at, text + sizeof text - at);
}

static char *digits(char *at, unsigned value, int count) {
    for (int i = count - 1; i >= 0; i--, value /= 10) at[i] = '0' + value % 10;
    return at + count;
}

/* As ISO 8601 in UTC; µs only where there are any. Days to a date: H. Hinnant, "chrono-compatible low-level date
 * algorithms", civil_from_days. */
static int moment(struct work *w, int64_t unit) {
    uint64_t found;
    if (!number(w, &found)) return 0;
    int64_t us = signed_of(found);
    if (us < 0 || us >= LATEST / unit) return 0;
    us *= unit;
    if (w->expiring) w->expires = us;
    unsigned second = us / 1000000 % 86400, part = us % 1000000;
    unsigned z = us / 86400000000 + 719468, era = z / 146097, day = z % 146097;
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    unsigned of_year = day - (365 * year + year / 4 - year / 100), shifted = (5 * of_year + 2) / 153;
    unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
    char text[32], *at = text;
    *at++ = '"';
    at = digits(at, year + era * 400 + (month < 3), 4), *at++ = '-';
    at = digits(at, month, 2), *at++ = '-';
    at = digits(at, of_year - (153 * shifted + 2) / 5 + 1, 2), *at++ = 'T';
    at = digits(at, second / 3600, 2), *at++ = ':';
    at = digits(at, second / 60 % 60, 2), *at++ = ':';
    at = digits(at, second % 60, 2);
    if (part) *at++ = '.', at = digits(at, part, 6);
    *at++ = 'Z', *at++ = '"';
    return put(w, text, at - text);
}

static int run(struct work *w, const uint8_t *program, const uint8_t *end);

static unsigned size_at(const uint8_t *at) { return at[0] | at[1] << 8; }

static int symbol(struct work *w, const uint8_t *at, unsigned count) {
    uint64_t chosen;
    if (!number(w, &chosen) || chosen & 1 || (chosen >>= 1) >= count) return 0;
    while (chosen--) at += 1 + at[0];
    return put(w, at + 1, at[0]);
}

static int branch(struct work *w, const uint8_t *at, unsigned count) {
    uint64_t chosen;
    if (!number(w, &chosen) || chosen & 1 || (chosen >>= 1) >= count) return 0;
    while (chosen--) at += 2 + size_at(at);
    return run(w, at + 2, at + 2 + size_at(at));
}

static int items(struct work *w, const uint8_t *program, const uint8_t *end) {
    uint64_t found, unused;
    int first = 1;
    if (!put(w, "[", 1)) return 0;
    while (number(w, &found)) {
        if (!found) return put(w, "]", 1);
        if (found & 1 && !number(w, &unused)) return 0; /* a block's size, for those who skip it */
        for (uint64_t left = (found + 1) >> 1; left; left--, first = 0)
            if ((!first && !put(w, ",", 1)) || !run(w, program, end)) return 0;
    }
    return 0;
}

static int run(struct work *w, const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        uint8_t kind = *at++;
        unsigned size = 0;
        int done = 1;
        switch (kind) {
        case '"': size = 2 + size_at(at), done = put(w, at + 2, size - 2); break;
        case 's': case 'I': case 'U': done = string(w, kind); break;
        case 'i': done = integer(w); break;
        case 't': done = moment(w, 1000); break;
        case 'u': done = moment(w, 1); break;
        case 'X': w->expiring = 1; continue;
        case 'n': done = put(w, "null", 4); break;
        case 'b':
            done = w->in < w->in_end && *w->in < 2 && (*w->in ? put(w, "true", 4) : put(w, "false", 5));
            w->in++;
            break;
        case 'e': size = 3 + size_at(at), done = symbol(w, at + 3, at[2]); break;
        case '|': size = 3 + size_at(at), done = branch(w, at + 3, at[2]); break;
        case '[': size = 2 + size_at(at), done = items(w, at + 2, at + size); break;
        default: return 0;
        }
        if (!done) return 0;
        w->expiring = 0;
        at += size;
    }
    return 1;
}

/* The record's key is `owner` up to the zero byte before its id. */
static int is_owners(const struct work *w) {
    return w->user && w->owner_size == w->user_size + 1 + w->id_size && !w->owner[w->user_size] &&
           !memcmp(w->owner, w->user, w->user_size);
}

static void cursor(char *out, const uint8_t *position, uint64_t next) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t bytes[18] = {0};
    memcpy(bytes, position, POSITION);
    for (int i = 0; i < 8; i++) bytes[POSITION + i] = next >> (56 - 8 * i);
    for (int i = 0; i < CURSOR; i++) {
        int bit = 6 * i;
        unsigned two = bytes[bit / 8] << 8 | bytes[bit / 8 + 1];
        out[i] = letters[two >> (10 - bit % 8) & 63];
    }
}

static int frame(struct work *w, const uint8_t *program, size_t size, const uint8_t *position, uint64_t next) {
    static const char before[] = "id: v1.", between[] = "\nevent: notification\ndata: ";
    char text[CURSOR];
    cursor(text, position, next);
    return put(w, before, sizeof before - 1) && put(w, text, CURSOR) && put(w, between, sizeof between - 1) &&
           run(w, program, program + size) && w->in == w->in_end && is_owners(w) && put(w, "\n\n", 2);
}

/* `count` values, Avro behind the same `framing`, → frames, one behind the other in `out`; `ends[i]`: where frame i ends,
 * which is where it begins if the value is refused. `position`: the cursors' epoch and partition. `owners`: key, zero,
 * id of each. `expires[i]`: µs since 1970, or -1. */
void tidings_frames(const uint8_t *program, size_t program_size, const uint8_t *framing, const uint8_t *position,
                    int count, const uint8_t *const *values, const uint32_t *sizes, const uint8_t *const *owners,
                    const uint32_t *owner_sizes, const int64_t *offsets, char *out, size_t room, uint32_t *ends,
                    int64_t *expires) {
    char *at = out;
    for (int i = 0; i < count; i++) {
        struct work w = {.in = values[i] + FRAMING, .in_end = values[i] + sizes[i], .owner = owners[i],
                         .owner_size = owner_sizes[i], .out = at, .out_end = out + room, .expires = -1};
        if (sizes[i] > FRAMING && !memcmp(values[i], framing, FRAMING) &&
            frame(&w, program, program_size, position, (uint64_t)offsets[i] + 1))
            at = w.out;
        ends[i] = (uint32_t)(at - out);
        expires[i] = w.expires;
    }
}
