/* What a WebAssembly function may do, and what it must not get. Made by build.sh beside this file. */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

typedef uint32_t u32;
typedef uint64_t u64;

IMPORT("mlld", "log") void mlld_log(const char *at, u32 length);
IMPORT("mlld", "fail") _Noreturn void mlld_fail(const char *at, u32 length);
IMPORT("wasi_snapshot_preview1", "fd_write") u32 fd_write(u32 fd, const void *list, u32 count, u32 *written);
IMPORT("wasi_snapshot_preview1", "environ_sizes_get") u32 environ_sizes_get(u32 *count, u32 *length);
IMPORT("wasi_snapshot_preview1", "path_open") u32 path_open(u32, u32, const char *, u32, u32, u64, u64, u32, u32 *);
IMPORT("wasi_snapshot_preview1", "fd_prestat_get") u32 fd_prestat_get(u32 fd, void *out);
IMPORT("wasi_snapshot_preview1", "sock_accept") u32 sock_accept(u32, u32, u32 *);

extern uint8_t __heap_base;
static u32 next, calls;

static u64 give(const char *text) {
  u32 length = 0;
  while (text[length] != 0) length++;
  return (u64)(u32)text << 32 | length;
}

EXPORT("mlld_alloc") void *mlld_alloc(u32 size) {
  if (next == 0) next = (u32)&__heap_base;
  u32 at = next;
  next += size;
  while (__builtin_wasm_memory_size(0) << 16 < next) {
    if (__builtin_wasm_memory_grow(0, 1) == (u32)-1) mlld_fail("no memory is left", 17);
  }
  return (void *)at;
}

EXPORT("echo") u64 echo(const char *at, u32 length) { return (u64)(u32)at << 32 | length; }
EXPORT("second") u64 second(const char *a, u32 m, const char *at, u32 length) { (void)a, (void)m; return echo(at, length); }
EXPORT("nothing") u64 nothing(void) { return 0; }
EXPORT("count") u64 count(void) { return ++calls == 1 ? give("1") : give("more"); }
EXPORT("logs") u64 logs(const char *at, u32 length) {
  u32 list[2] = {(u32)at, length}, written;
  mlld_log(at, length);
  fd_write(1, list, 1, &written);
  return give("done");
}
EXPORT("fails") u64 fails(const char *at, u32 length) { mlld_fail(at, length); }
EXPORT("spins") u64 spins(void) { for (volatile u32 i = 0;; i++) {} }
EXPORT("grows") u64 grows(void) { for (;;) mlld_alloc(1 << 20); }
EXPORT("floods") u64 floods(void) { for (;;) mlld_log((const char *)0, 1000); }
EXPORT("outside") u64 outside(void) { return (u64)0xfffffff0 << 32 | 100; }
EXPORT("binary") u64 binary(void) { static const char bytes[] = "\xff\xfe"; return give(bytes); }
EXPORT("recurses") u64 recurses(void) { volatile char frame[1024]; frame[0] = 0; return recurses() + frame[0]; }
EXPORT("number") u32 number(void) { return 1; }
EXPORT("environment") u64 environment(void) {
  u32 found = 0, length = 0;
  environ_sizes_get(&found, &length);
  return give(found > 0 ? "GOT" : "no");
}
EXPORT("reads") u64 reads(void) {
  u32 fd = 0;
  uint8_t out[8];
  for (u32 folder = 0; folder < 16; folder++) {
    if (fd_prestat_get(folder, out) == 0) return give("GOT");
    if (path_open(folder, 0, "/etc/passwd", 11, 0, ~0ull, ~0ull, 0, &fd) == 0) return give("GOT");
  }
  return give("no");
}
EXPORT("connects") u64 connects(void) { u32 fd = 0; return give(sock_accept(3, 0, &fd) == 0 ? "GOT" : "no"); }
