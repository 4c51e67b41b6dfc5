// Damages files, one bit at a time.
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

// Inverts the low bit of one byte; from the end when the offset is negative. Doing it again mends it.
export function flip(file, offset) {
    const fd = openSync(file, 'r+');
    const at = offset < 0 ? statSync(file).size + offset : offset;
    const byte = Buffer.alloc(1);
    if (readSync(fd, byte, 0, 1, at) !== 1) {
        closeSync(fd);
        throw new Error(`${file} has no byte ${at}`);
    }
    byte[0] ^= 1;
    writeSync(fd, byte, 0, 1, at);
    closeSync(fd);
}

// Plain files below a folder whose path below it matches, in order.
export function filesBelow(folder, pattern = /./) {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
        .filter((name) => pattern.test(name)).sort();
}
