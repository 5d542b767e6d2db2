/* Avro to Python's objects, and pieces of records to Avro. Of Python only functions of its stable ABI, declared here instead of by its headers, so that
 * one build fits every Python, and none need have headers.
 *
 * A record's schema comes as a program (program.py makes it): operations of one byte, in the order of the fields.
 *
 *   n     null          b     boolean       i     int or long     f d   float, double
 *   s     string        y     bytes         F     fixed: its size (two bytes, little-endian)
 *   t u   timestamp-millis, timestamp-micros
 *   S N   a string or bytes, a number: passed over, and null in its place
 *   e     enum: where its symbols begin among the objects (two bytes), how many (two bytes)
 *   |     union: the size of all branches (two bytes), how many (one byte), then of each its size (two bytes) and program
 *   [ {   array, map: the size of its items' program (two bytes), and that
 *   r     record: how many fields (two bytes), then of each where its name is among the objects (two bytes; NOBODY: it is
 *         left out) and its program
 *
 * Whatever is unusual is refused, and left to the reader in Python, which then says what is wrong with it, or that
 * nothing is. So nothing can be read here that would not be read there. The same goes for what is joined.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "floats are read as they lie"
#endif

typedef struct object PyObject;
typedef ptrdiff_t Py_ssize_t;
struct method { /* PyMethodDef */
    const char *name;
    PyObject *(*call)(PyObject *, PyObject *);
    int flags;
    const char *doc;
};
enum { METH_VARARGS = 1 };
extern PyObject *PyBool_FromLong(long);
extern char *PyBytes_AsString(PyObject *);
extern int PyBytes_AsStringAndSize(PyObject *, char **, Py_ssize_t *);
extern PyObject *PyBytes_FromStringAndSize(const char *, Py_ssize_t);
extern PyObject *PyCFunction_NewEx(struct method *, PyObject *, PyObject *);
extern PyObject *PyDict_New(void);
extern int PyDict_SetItem(PyObject *, PyObject *, PyObject *);
extern void PyErr_Clear(void);
extern PyObject *PyErr_Occurred(void);
extern PyObject *PyFloat_FromDouble(double);
extern int PyList_Append(PyObject *, PyObject *);
extern PyObject *PyList_New(Py_ssize_t);
extern Py_ssize_t PyLong_AsSsize_t(PyObject *);
extern long long PyLong_AsLongLong(PyObject *);
extern PyObject *PyLong_FromLongLong(long long);
extern PyObject *PyNumber_Add(PyObject *, PyObject *);
extern PyObject *PyObject_Call(PyObject *, PyObject *, PyObject *);
extern PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
extern PyObject *PyTuple_New(Py_ssize_t);
extern Py_ssize_t PyTuple_Size(PyObject *);
extern int PyTuple_SetItem(PyObject *, Py_ssize_t, PyObject *);
extern const char *PyUnicode_AsUTF8AndSize(PyObject *, Py_ssize_t *);
extern PyObject *PyUnicode_DecodeUTF8(const char *, Py_ssize_t, const char *);
extern void Py_DecRef(PyObject *);
extern void Py_IncRef(PyObject *);

enum { NOTHING, EPOCH, TIMEDELTA, NOBODY = 0xFFFF }; /* the first of the objects */
static const int64_t SECOND = 1000000, LATEST = 253402300800000000; /* µs; the year 10000 */

struct work {
    const uint8_t *op, *in, *end;
    PyObject *objects;
};

static PyObject *value(struct work *w);

static unsigned size_at(const uint8_t *at) { return at[0] | at[1] << 8; }

static unsigned operand(struct work *w) {
    w->op += 2;
    return size_at(w->op - 2);
}

static PyObject *object(struct work *w, Py_ssize_t index) {
    PyObject *found = PyTuple_GetItem(w->objects, index);
    if (found) Py_IncRef(found);
    return found;
}

static int number(struct work *w, uint64_t *found) {
    *found = 0;
    for (int shift = 0; shift < 63 && w->in < w->end; shift += 7) {
        uint8_t byte = *w->in++;
        *found |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return 1;
    }
    return 0;
}

static int64_t signed_of(uint64_t zigzag) { return (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1); }

/* `size` bytes are taken; NULL if there are not so many. */
static const char *taken(struct work *w, uint64_t size) {
    if (size > (uint64_t)(w->end - w->in)) return NULL;
    w->in += size;
    return (const char *)w->in - size;
}

static const char *sized(struct work *w, Py_ssize_t *size) {
    uint64_t found;
    if (!number(w, &found) || found & 1) return NULL;
    *size = found >> 1;
    return taken(w, found >> 1);
}

static PyObject *integer(struct work *w) {
    uint64_t found;
    return number(w, &found) ? PyLong_FromLongLong(signed_of(found)) : NULL;
}

static PyObject *real(struct work *w, int wide) {
    const char *at = taken(w, wide ? 8 : 4);
    double found = 0;
    float narrow = 0;
    if (!at) return NULL;
    if (wide) memcpy(&found, at, 8);
    else memcpy(&narrow, at, 4), found = narrow;
    return PyFloat_FromDouble(found);
}

/* A tuple that takes the objects over; NULL if one is missing. */
static PyObject *pack(int count, PyObject **objects) {
    PyObject *made = PyTuple_New(count);
    int whole = made != NULL;
    for (int i = 0; i < count; i++) {
        if (!objects[i]) whole = 0;
        else if (!made) Py_DecRef(objects[i]);
        else PyTuple_SetItem(made, i, objects[i]);
    }
    if (!whole && made) Py_DecRef(made);
    return whole ? made : NULL;
}

static PyObject *moment(struct work *w, int64_t unit) {
    uint64_t found;
    if (!number(w, &found)) return NULL;
    int64_t us = signed_of(found);
    if (us < 0 || us >= LATEST / unit) return NULL;
    us *= unit;
    PyObject *parts[] = {PyLong_FromLongLong(0), PyLong_FromLongLong(us / SECOND), PyLong_FromLongLong(us % SECOND)};
    PyObject *arguments = pack(3, parts);
    if (!arguments) return NULL;
    PyObject *since = PyObject_Call(PyTuple_GetItem(w->objects, TIMEDELTA), arguments, NULL);
    Py_DecRef(arguments);
    if (!since) return NULL;
    PyObject *made = PyNumber_Add(PyTuple_GetItem(w->objects, EPOCH), since);
    Py_DecRef(since);
    return made;
}

static PyObject *symbol(struct work *w) {
    unsigned first = operand(w), count = operand(w);
    uint64_t chosen;
    if (!number(w, &chosen) || chosen & 1 || (chosen >>= 1) >= count) return NULL;
    return object(w, first + chosen);
}

static PyObject *branch(struct work *w) {
    unsigned size = operand(w), count = *w->op++;
    const uint8_t *end = w->op + size;
    uint64_t chosen;
    if (!number(w, &chosen) || chosen & 1 || (chosen >>= 1) >= count) return NULL;
    while (chosen--) w->op += 2 + size_at(w->op);
    w->op += 2;
    PyObject *found = value(w);
    w->op = end;
    return found;
}

static int item(struct work *w, PyObject *items, int keyed) {
    PyObject *key = NULL;
    if (keyed) {
        Py_ssize_t size;
        const char *at = sized(w, &size);
        if (!at || !(key = PyUnicode_DecodeUTF8(at, size, NULL))) return 0;
    }
    PyObject *found = value(w);
    int done = found && (keyed ? PyDict_SetItem(items, key, found) : PyList_Append(items, found)) == 0;
    if (found) Py_DecRef(found);
    if (key) Py_DecRef(key);
    return done;
}

static PyObject *blocks(struct work *w, int keyed) {
    unsigned size = operand(w);
    const uint8_t *program = w->op;
    PyObject *items = keyed ? PyDict_New() : PyList_New(0);
    uint64_t found, unused;
    while (items && number(w, &found)) {
        if (!found) {
            w->op = program + size;
            return items;
        }
        if (found & 1 && !number(w, &unused)) break; /* a block's size, for those who skip it */
        uint64_t left = (found + 1) >> 1;
        if (left > (uint64_t)(w->end - w->in)) break; /* items of no bytes are unusual */
        for (; left; left--) {
            w->op = program;
            if (!item(w, items, keyed)) break;
        }
        if (left) break;
    }
    if (items) Py_DecRef(items);
    return NULL;
}

static PyObject *record(struct work *w) {
    PyObject *made = PyDict_New();
    for (unsigned left = operand(w); made && left; left--) {
        unsigned name = operand(w);
        PyObject *found = value(w);
        int done = found && (name == NOBODY || PyDict_SetItem(made, PyTuple_GetItem(w->objects, name), found) == 0);
        if (found) Py_DecRef(found);
        if (!done) Py_DecRef(made), made = NULL;
    }
    return made;
}

/* A new reference; NULL: refused, perhaps with an error of Python's. */
static PyObject *value(struct work *w) {
    Py_ssize_t size = 0;
    uint64_t unused;
    const char *at;
    switch (*w->op++) {
    case 'n': return object(w, NOTHING);
    case 'b': return w->in < w->end && *w->in < 2 ? PyBool_FromLong(*w->in++) : NULL;
    case 'i': return integer(w);
    case 'f': return real(w, 0);
    case 'd': return real(w, 1);
    case 's': return (at = sized(w, &size)) ? PyUnicode_DecodeUTF8(at, size, NULL) : NULL;
    case 'y': return (at = sized(w, &size)) ? PyBytes_FromStringAndSize(at, size) : NULL;
    case 'F': return size = operand(w), (at = taken(w, size)) ? PyBytes_FromStringAndSize(at, size) : NULL;
    case 't': return moment(w, 1000);
    case 'u': return moment(w, 1);
    case 'S': return sized(w, &size) ? object(w, NOTHING) : NULL;
    case 'N': return number(w, &unused) ? object(w, NOTHING) : NULL;
    case 'e': return symbol(w);
    case '|': return branch(w);
    case '[': return blocks(w, 0);
    case '{': return blocks(w, 1);
    case 'r': return record(w);
    default: return NULL;
    }
}

/* read(data, at) → (record, where it ends). `self`: the program, its objects, the reader in Python. */
static PyObject *read(PyObject *self, PyObject *arguments) {
    PyObject *data = PyTuple_GetItem(arguments, 0), *begin = PyTuple_GetItem(arguments, 1);
    char *bytes, *program;
    Py_ssize_t size, unused, at;
    if (data && begin && PyBytes_AsStringAndSize(data, &bytes, &size) == 0 && (at = PyLong_AsSsize_t(begin)) >= 0 &&
        at <= size && PyBytes_AsStringAndSize(PyTuple_GetItem(self, 0), &program, &unused) == 0) {
        struct work w = {.op = (uint8_t *)program, .in = (uint8_t *)bytes + at, .end = (uint8_t *)bytes + size,
                         .objects = PyTuple_GetItem(self, 1)};
        PyObject *found = value(&w);
        if (found) {
            PyObject *both[] = {found, PyLong_FromLongLong((char *)w.in - bytes)};
            return pack(2, both);
        }
    }
    PyErr_Clear();
    return PyObject_Call(PyTuple_GetItem(self, 2), arguments, NULL);
}

/* The function `read` for a tuple of program, objects, reader in Python. */
PyObject *tidings_avro_reader(PyObject *self) {
    static struct method method = {"read", read, METH_VARARGS, "Reads a record."};
    return PyCFunction_NewEx(&method, self, NULL);
}

/* A value that is to be joined: what stands before its bytes, and these. */
struct piece {
    uint8_t before[11];
    unsigned before_size;
    const char *at;
    Py_ssize_t size;
};
enum { MOST_PIECES = 16, LONGEST = 1 << 30 };

static void put_number(struct piece *p, uint64_t left) {
    for (; left > 127; left >>= 7) p->before[p->before_size++] = left & 127 | 128;
    p->before[p->before_size++] = left;
}

static int piece(struct piece *p, char kind, PyObject *from, PyObject *nothing) {
    char *bytes;
    p->before_size = 0, p->at = "", p->size = 0;
    if (kind == 'S' || kind == 'T') {
        p->before[p->before_size++] = from == nothing ? 0 : 2; /* the branch of ["null", …] */
        if (from == nothing) return 1;
    }
    switch (kind) {
    case 's': case 'S':
        if (!(p->at = PyUnicode_AsUTF8AndSize(from, &p->size)) || p->size > LONGEST) return 0;
        put_number(p, (uint64_t)p->size << 1);
        return 1;
    case 'y': case '.':
        if (PyBytes_AsStringAndSize(from, &bytes, &p->size) || p->size > LONGEST) return 0;
        p->at = bytes;
        if (kind == 'y') put_number(p, (uint64_t)p->size << 1);
        return 1;
    case 't': case 'T': {
        int64_t number = PyLong_AsLongLong(from);
        if (number == -1 && PyErr_Occurred()) return 0;
        put_number(p, ((uint64_t)number << 1) ^ (uint64_t)(number >> 63));
        return 1;
    }
    default: return 0;
    }
}

static PyObject *joined(const char *kinds, Py_ssize_t count, PyObject *values, PyObject *nothing) {
    struct piece pieces[MOST_PIECES];
    Py_ssize_t size = 0;
    if (count > MOST_PIECES || PyTuple_Size(values) != count) return NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!piece(&pieces[i], kinds[i], PyTuple_GetItem(values, i), nothing)) return NULL;
        size += pieces[i].before_size + pieces[i].size;
    }
    PyObject *made = PyBytes_FromStringAndSize(NULL, size);
    char *out = made ? PyBytes_AsString(made) : NULL;
    for (Py_ssize_t i = 0; out && i < count; i++) {
        memcpy(out, pieces[i].before, pieces[i].before_size), out += pieces[i].before_size;
        memcpy(out, pieces[i].at, pieces[i].size), out += pieces[i].size;
    }
    return made;
}

/* join(*values) → bytes. `self`: a letter for each value, None, the same function in Python. */
static PyObject *join(PyObject *self, PyObject *values) {
    char *kinds;
    Py_ssize_t count;
    PyObject *made = NULL;
    if (PyBytes_AsStringAndSize(PyTuple_GetItem(self, 0), &kinds, &count) == 0)
        made = joined(kinds, count, values, PyTuple_GetItem(self, 1));
    if (made) return made;
    PyErr_Clear();
    return PyObject_Call(PyTuple_GetItem(self, 2), values, NULL);
}

/* The function `join` for a tuple of kinds, None, the function in Python. */
PyObject *tidings_avro_join(PyObject *self) {
    static struct method method = {"join", join, METH_VARARGS, "Puts a record's values together."};
    return PyCFunction_NewEx(&method, self, NULL);
}
