/** CRC-32 (IEEE 802.3, as zlib's), eight bytes a step. Pure, because frames are part of the shared language. */

const tables: readonly Uint32Array[] = (() => {
  const made = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[0][byte] = crc;
  }
  for (let byte = 0; byte < 256; byte++)
    for (let step = 1; step < 8; step++) {
      const previous = made[step - 1][byte];
      made[step][byte] = (previous >>> 8) ^ made[0][previous & 255];
    }
  return made;
})();

const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;

/** The checksum of the bytes, going on from that of those before. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc =
      t7[low & 255] ^
      t6[(low >>> 8) & 255] ^
      t5[(low >>> 16) & 255] ^
      t4[low >>> 24] ^
      t3[bytes[at + 4]] ^
      t2[bytes[at + 5]] ^
      t1[bytes[at + 6]] ^
      t0[bytes[at + 7]];
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]) & 255];
  return ~crc >>> 0;
}
