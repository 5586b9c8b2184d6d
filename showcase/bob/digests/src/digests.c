/* Digests of texts, as a WebAssembly module (docs/spec/wasm.md). Needs no library. */
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define EXPORT(name) __attribute__((export_name(name)))

/* Each call has an instance of its own: memory is handed out and never taken back. */
extern u8 __heap_base;
static u32 next;

EXPORT("mlld_alloc") u8 *mlld_alloc(u32 size) {
  if (next == 0) next = ((u32)&__heap_base + 15) & ~15u;
  u32 at = next;
  next += (size + 15) & ~15u;
  u32 pages = (next + 65535) >> 16;
  u32 have = __builtin_wasm_memory_size(0);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (u32)-1) __builtin_trap();
  return (u8 *)at;
}

static u64 text(const u8 *at, u32 length) { return (u64)(u32)at << 32 | length; }

static u64 hex(const u8 *bytes, u32 count) {
  static const char digits[] = "0123456789abcdef";
  u8 *out = mlld_alloc(count * 2);
  for (u32 i = 0; i < count; i++) {
    out[i * 2] = digits[bytes[i] >> 4];
    out[i * 2 + 1] = digits[bytes[i] & 15];
  }
  return text(out, count * 2);
}

static void big_endian(u8 *out, u32 value) {
  for (int i = 0; i < 4; i++) out[i] = value >> (24 - i * 8);
}

/* CRC-32 as zlib, PNG and Ethernet have it. */
EXPORT("crc32") u64 crc32(const u8 *bytes, u32 length) {
  u32 crc = 0xffffffff;
  for (u32 i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  u8 out[4];
  big_endian(out, ~crc);
  return hex(out, 4);
}

/* FIPS 180-4 §4.2.2. */
static const u32 round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static u32 rotate(u32 x, int by) { return x >> by | x << (32 - by); }

static void sha256_block(u32 state[8], const u8 *block) {
  u32 w[64];
  for (int i = 0; i < 16; i++)
    w[i] = (u32)block[i * 4] << 24 | block[i * 4 + 1] << 16 | block[i * 4 + 2] << 8 | block[i * 4 + 3];
  for (int i = 16; i < 64; i++) {
    u32 a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  u32 s[8];
  for (int i = 0; i < 8; i++) s[i] = state[i];
  for (int i = 0; i < 64; i++) {
    u32 choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
    u32 majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    u32 one = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + choice + round_constants[i] + w[i];
    u32 two = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + majority;
    for (int j = 7; j > 0; j--) s[j] = s[j - 1];
    s[4] += one;
    s[0] = one + two;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

EXPORT("sha256") u64 sha256(const u8 *bytes, u32 length) {
  u32 state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  u32 whole = length / 64;
  for (u32 i = 0; i < whole; i++) sha256_block(state, bytes + i * 64);
  u8 tail[128];
  for (int i = 0; i < 128; i++) tail[i] = 0;
  u32 rest = length % 64;
  for (u32 i = 0; i < rest; i++) tail[i] = bytes[whole * 64 + i];
  tail[rest] = 0x80;
  u32 size = rest < 56 ? 64 : 128;
  big_endian(tail + size - 8, length >> 29);
  big_endian(tail + size - 4, length << 3);
  for (u32 i = 0; i < size; i += 64) sha256_block(state, tail + i);
  u8 out[32];
  for (int i = 0; i < 8; i++) big_endian(out + i * 4, state[i]);
  return hex(out, 32);
}
