// A disk between a program and its files, preloaded by the suites `faults` and `power`.
//
// It sees every change of files below DISK_ROOT. Each call is
//   counted  in DISK_COUNTS, a shared file of 64-bit counters, one a kind,
//   failed   when DISK_FAIL names its kind and number: KIND:NUMBER:ERRNO:once or :on (this call and all after it),
//   logged   to DISK_LOG in the order of its effects, if it succeeded.
// One lock orders effects and log. A record is a header, a path, a second path and the bytes; see `struct head`.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE, SYNC, TRUNCATE, OPEN, RENAME, UNLINK, MKDIR, READ, MEMORY, KINDS };
static const char *const names[KINDS] = {"write", "sync",  "truncate", "open",  "rename",
                                         "unlink", "mkdir", "read",    "memory"};

enum op { OP_CREATE = 1, OP_WRITE, OP_SYNC, OP_TRUNCATE, OP_RENAME, OP_UNLINK, OP_MKDIR, OP_RMDIR, OP_LINK };

struct head {
  uint32_t op, path, second, pad;
  uint64_t inode, offset, length;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int log_file = -1;
static volatile uint64_t *counts;
static int fail_kind = -1, fail_errno, fail_on;
static uint64_t fail_number;
// 1: a regular file below the root, 2: a folder below it, 0: another file, -1: not looked at yet.
#define FILES 65536
static signed char watched[FILES];

static long raw(long number, long a, long b, long c, long d) { return syscall(number, a, b, c, d); }

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("DISK_ROOT"), *log = getenv("DISK_LOG"), *count = getenv("DISK_COUNTS"), *fail = getenv("DISK_FAIL");
  memset(watched, -1, sizeof watched);
  if (!at || !realpath(at, root)) return;
  root_length = strlen(root);
  if (log) {
    int file = (int)raw(SYS_openat, AT_FDCWD, (long)log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    // High, so that the program's files do not shift.
    log_file = fcntl(file, F_DUPFD_CLOEXEC, 900);
    raw(SYS_close, file, 0, 0, 0);
  }
  if (count) {
    int file = (int)raw(SYS_openat, AT_FDCWD, (long)count, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || syscall(SYS_ftruncate, file, 4096)) return;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    raw(SYS_close, file, 0, 0, 0);
    if (page != MAP_FAILED) counts = page;
  }
  char kind[16], when[8];
  unsigned long long number;
  if (fail && sscanf(fail, "%15[a-z]:%llu:%d:%7s", kind, &number, &fail_errno, when) == 4) {
    for (int i = 0; i < KINDS; i++)
      if (!strcmp(kind, names[i])) fail_kind = i;
    fail_number = number;
    fail_on = !strcmp(when, "on");
  }
}

// Counts a call; 1 when it is to fail, with errno set.
static int fails(enum kind kind) {
  static uint64_t own[KINDS];
  volatile uint64_t *all = counts ? counts : own;
  uint64_t number = __atomic_add_fetch(&all[kind], 1, __ATOMIC_SEQ_CST);
  if ((int)kind != fail_kind || (fail_on ? number < fail_number : number != fail_number)) return 0;
  // The last counter says how many calls failed.
  __atomic_add_fetch(&all[KINDS], 1, __ATOMIC_SEQ_CST);
  errno = fail_errno;
  return 1;
}

static int below(const char *path) {
  return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

// Memory that other processes share is no file of the disk: SQLite's index of a write-ahead log is rebuilt from that log.
static int shared_memory(const char *path) {
  size_t length = strlen(path);
  return length > 4 && !strcmp(path + length - 4, "-shm");
}

static int absolute(int folder, const char *path, char *into) {
  if (!root_length || !path) return 0;
  if (path[0] == '/') {
    if (strlen(path) >= PATH_MAX) return 0;
    strcpy(into, path);
  } else {
    char base[PATH_MAX];
    if (folder == AT_FDCWD) {
      if (!getcwd(base, sizeof base)) return 0;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
      ssize_t length = readlink(link, base, sizeof base - 1);
      if (length < 0) return 0;
      base[length] = 0;
    }
    if (snprintf(into, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
  }
  return below(into) && !shared_memory(into);
}

static int look(int file) {
  char link[64], path[PATH_MAX];
  struct stat state;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  char *gone = strstr(path, " (deleted)");
  if (gone) *gone = 0;
  if (!below(path) || shared_memory(path) || fstat(file, &state)) return 0;
  return S_ISREG(state.st_mode) ? 1 : S_ISDIR(state.st_mode) ? 2 : 0;
}

static int is_watched(int file) {
  if (!root_length || file < 0 || file >= FILES) return 0;
  if (watched[file] < 0) {
    int saved = errno;
    watched[file] = (signed char)look(file);
    errno = saved;
  }
  return watched[file];
}

static void note(enum op op, const char *path, const char *second, uint64_t inode, uint64_t offset, const void *bytes,
                 uint64_t length) {
  if (log_file < 0) return;
  // Relative to the root.
  const char *one = path ? path + root_length : "", *two = second ? second + root_length : "";
  struct head head = {op, (uint32_t)strlen(one), (uint32_t)strlen(two), 0, inode, offset, length};
  struct iovec parts[] = {
      {&head, sizeof head}, {(void *)one, head.path}, {(void *)two, head.second}, {(void *)bytes, bytes ? length : 0}};
  // One call, so that records of several programs do not mix.
  long sum = (long)(sizeof head + head.path + head.second + parts[3].iov_len);
  if (raw(SYS_writev, log_file, (long)parts, 4, 0) != sum) abort();
}

static uint64_t inode_of(int file) {
  struct stat state;
  return fstat(file, &state) ? 0 : state.st_ino;
}

static void enter(void) { pthread_mutex_lock(&lock); }
static void leave(void) {
  int saved = errno;
  pthread_mutex_unlock(&lock);
  errno = saved;
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
  char full[PATH_MAX];
  int ours = absolute(folder, path, full), changes = flags & (O_CREAT | O_TRUNC);
  if (!ours || !changes) {
    int file = (int)raw(SYS_openat, folder, (long)path, flags, mode);
    if (file >= 0 && file < FILES) watched[file] = -1;
    return file;
  }
  enter();
  struct stat before;
  int there = !stat(full, &before), file = -1;
  if (!(there ? 0 : fails(OPEN))) file = (int)raw(SYS_openat, folder, (long)path, flags, mode);
  if (file >= 0) {
    if (file < FILES) watched[file] = -1;
    if (!there) note(OP_CREATE, full, NULL, inode_of(file), 0, NULL, 0);
    else if (flags & O_TRUNC && before.st_size) note(OP_TRUNCATE, NULL, NULL, inode_of(file), 0, NULL, 0);
  }
  leave();
  return file;
}

#define MODE(flags, last)                                   \
  mode_t mode = 0;                                          \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {                  \
    va_list list;                                           \
    va_start(list, last);                                   \
    mode = va_arg(list, mode_t);                            \
    va_end(list);                                           \
  }
int open(const char *path, int flags, ...) {
  MODE(flags, flags) return opened(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE(flags, flags) return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE(flags, flags) return opened(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE(flags, flags) return opened(folder, path, flags | O_LARGEFILE, mode);
}
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int file) {
  if (file >= 0 && file < FILES) watched[file] = -1;
  return (int)raw(SYS_close, file, 0, 0, 0);
}

// Writes at `offset`, or where the file stands when that is negative.
static ssize_t written(int file, const void *bytes, size_t length, off_t offset) {
  if (is_watched(file) != 1)
    return offset < 0 ? raw(SYS_write, file, (long)bytes, (long)length, 0)
                      : raw(SYS_pwrite64, file, (long)bytes, (long)length, offset);
  enter();
  ssize_t done = -1;
  if (!fails(WRITE)) {
    off_t at = offset;
    if (offset < 0) {
      struct stat state;
      int appends = fcntl(file, F_GETFL) & O_APPEND;
      at = appends && !fstat(file, &state) ? state.st_size : lseek(file, 0, SEEK_CUR);
      done = raw(SYS_write, file, (long)bytes, (long)length, 0);
    } else {
      done = raw(SYS_pwrite64, file, (long)bytes, (long)length, offset);
    }
    if (done > 0) note(OP_WRITE, NULL, NULL, inode_of(file), (uint64_t)at, bytes, (uint64_t)done);
  }
  leave();
  return done;
}
ssize_t write(int file, const void *bytes, size_t length) { return written(file, bytes, length, -1); }
ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) { return written(file, bytes, length, offset); }
ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
  return written(file, bytes, length, offset);
}
ssize_t writev(int file, const struct iovec *list, int count) {
  if (is_watched(file) != 1) return raw(SYS_writev, file, (long)list, count, 0);
  ssize_t sum = 0;
  for (int i = 0; i < count; i++) {
    if (!list[i].iov_len) continue;
    ssize_t done = written(file, list[i].iov_base, list[i].iov_len, -1);
    if (done < 0) return sum ? sum : -1;
    sum += done;
    if ((size_t)done < list[i].iov_len) break;
  }
  return sum;
}

static int synced(int file, long call) {
  if (!is_watched(file)) return (int)raw(call, file, 0, 0, 0);
  enter();
  int done = -1;
  if (!fails(SYNC)) {
    // The suite judges what reached the disk by its log; the real disk need not wait.
    done = log_file < 0 ? (int)raw(call, file, 0, 0, 0) : 0;
    if (!done) note(OP_SYNC, NULL, NULL, inode_of(file), 0, NULL, 0);
  }
  leave();
  return done;
}
int fsync(int file) { return synced(file, SYS_fsync); }
int fdatasync(int file) { return synced(file, SYS_fdatasync); }

int ftruncate(int file, off_t length) {
  if (is_watched(file) != 1) return (int)raw(SYS_ftruncate, file, length, 0, 0);
  enter();
  int done = -1;
  if (!fails(TRUNCATE)) {
    done = (int)raw(SYS_ftruncate, file, length, 0, 0);
    if (!done) note(OP_TRUNCATE, NULL, NULL, inode_of(file), (uint64_t)length, NULL, 0);
  }
  leave();
  return done;
}
int ftruncate64(int file, off64_t length) { return ftruncate(file, length); }
// Without these, SQLite and the standard library fall back to plain writes.
int posix_fallocate(int file, off_t offset, off_t length) {
  return is_watched(file) ? EOPNOTSUPP : (int)raw(SYS_fallocate, file, 0, offset, length) ? errno : 0;
}
int posix_fallocate64(int file, off64_t offset, off64_t length) { return posix_fallocate(file, offset, length); }
ssize_t copy_file_range(int from, off64_t *a, int to, off64_t *b, size_t length, unsigned flags) {
  if (is_watched(to)) {
    errno = ENOSYS;
    return -1;
  }
  return syscall(SYS_copy_file_range, from, a, to, b, length, flags);
}
ssize_t pwritev(int file, const struct iovec *list, int count, off_t offset) {
  ssize_t sum = 0;
  for (int i = 0; i < count; i++) {
    ssize_t done = written(file, list[i].iov_base, list[i].iov_len, offset + sum);
    if (done < 0) return sum ? sum : -1;
    sum += done;
    if ((size_t)done < list[i].iov_len) break;
  }
  return sum;
}
ssize_t sendfile(int to, int from, off_t *offset, size_t length) __attribute__((alias("sendfile64")));
ssize_t sendfile64(int to, int from, off64_t *offset, size_t length) {
  if (is_watched(to)) {
    errno = EINVAL;
    return -1;
  }
  return syscall(SYS_sendfile, to, from, offset, length);
}

static int renamed(int from_folder, const char *from, int to_folder, const char *to) {
  char one[PATH_MAX], two[PATH_MAX];
  int ours = absolute(from_folder, from, one), into = absolute(to_folder, to, two);
  if (!ours && !into) return (int)raw(SYS_renameat, from_folder, (long)from, to_folder, (long)to);
  if (!ours || !into) {
    errno = EXDEV;
    return -1;
  }
  enter();
  int done = -1;
  if (!fails(RENAME)) {
    done = (int)raw(SYS_renameat, from_folder, (long)from, to_folder, (long)to);
    if (!done) note(OP_RENAME, one, two, 0, 0, NULL, 0);
  }
  leave();
  return done;
}
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  return renamed(from_folder, from, to_folder, to);
}

static int linked(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  char one[PATH_MAX], two[PATH_MAX];
  if (!absolute(from_folder, from, one) || !absolute(to_folder, to, two))
    return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
  enter();
  int done = -1;
  if (!fails(RENAME)) {
    done = (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
    if (!done) note(OP_LINK, one, two, 0, 0, NULL, 0);
  }
  leave();
  return done;
}
int link(const char *from, const char *to) { return linked(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  return linked(from_folder, from, to_folder, to, flags);
}

static int removed(int folder, const char *path, int flags) {
  char full[PATH_MAX];
  if (!absolute(folder, path, full)) return (int)raw(SYS_unlinkat, folder, (long)path, flags, 0);
  enter();
  int done = -1;
  if (!fails(UNLINK)) {
    done = (int)raw(SYS_unlinkat, folder, (long)path, flags, 0);
    if (!done) note(flags & AT_REMOVEDIR ? OP_RMDIR : OP_UNLINK, full, NULL, 0, 0, NULL, 0);
  }
  leave();
  return done;
}
int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return removed(AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int folder, const char *path, int flags) { return removed(folder, path, flags); }

static int made(int folder, const char *path, mode_t mode) {
  char full[PATH_MAX];
  if (!absolute(folder, path, full)) return (int)raw(SYS_mkdirat, folder, (long)path, mode, 0);
  enter();
  int done = -1;
  if (!fails(MKDIR)) {
    done = (int)raw(SYS_mkdirat, folder, (long)path, mode, 0);
    struct stat state;
    if (!done && !stat(full, &state)) note(OP_MKDIR, full, NULL, state.st_ino, 0, NULL, 0);
  }
  leave();
  return done;
}
int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return made(folder, path, mode); }

static ssize_t got(int file, void *into, size_t length, off_t offset) {
  if (is_watched(file) == 1 && fails(READ)) return -1;
  return offset < 0 ? raw(SYS_read, file, (long)into, (long)length, 0)
                    : raw(SYS_pread64, file, (long)into, (long)length, offset);
}
ssize_t read(int file, void *into, size_t length) { return got(file, into, length, -1); }
ssize_t pread(int file, void *into, size_t length, off_t offset) { return got(file, into, length, offset); }
ssize_t pread64(int file, void *into, size_t length, off64_t offset) { return got(file, into, length, offset); }

// Memory for pages, bodies and answers. An error of SQLite's ends one call; one of Rust's ends the process.
extern void *__libc_malloc(size_t);
extern void *__libc_realloc(void *, size_t);
static int large(size_t bytes) { return root_length && bytes >= 16384 && fails(MEMORY); }
void *malloc(size_t bytes) { return large(bytes) ? NULL : __libc_malloc(bytes); }
void *realloc(void *block, size_t bytes) { return large(bytes) ? NULL : __libc_realloc(block, bytes); }
