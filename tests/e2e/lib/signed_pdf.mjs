// A signed PDF as readers that are not ours see it: its parts by its own /ByteRange, and the
// signature over them by OpenSSL's CMS.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, workFolder } from './command.mjs';

const derLength = (der) => {
    const more = der[1] > 0x80 ? der[1] - 0x80 : 0;
    return 2 + more + (more === 0 ? der[1] : der.readUIntBE(2, more));
};

// What is signed, the signature's DER, and what stands between `<` and `>` as it is written.
export function signedParts(bytes) {
    const range = /\/ByteRange *\[ *0 +(\d+) +(\d+) +(\d+) *\]/.exec(bytes.toString('latin1'));
    const [hole, behind, length] = range.slice(1).map(Number);
    const digits = bytes.subarray(hole + 1, behind - 1).toString('latin1');
    const der = Buffer.from(digits, 'hex');
    return {
        content: Buffer.concat([bytes.subarray(0, hole), bytes.subarray(behind, behind + length)]),
        der: der.subarray(0, derLength(der)),
        whole: behind + length === bytes.length && bytes[hole] === 0x3c && bytes[behind - 1] === 0x3e,
        digits,
    };
}

// `openssl cms -verify`, with CAdES' check that the certificate is the one that was signed for.
export async function opensslVerifies(bytes, caFile) {
    const folder = mkdtempSync(path.join(workFolder, 'cms-'));
    const at = (name) => path.join(folder, name);
    const { content, der } = signedParts(bytes);
    try {
        writeFileSync(at('content'), content);
        writeFileSync(at('der'), der);
        return await run('openssl', ['cms', '-verify', '-cades', '-binary', '-inform', 'DER', '-in',
            at('der'), '-content', at('content'), '-CAfile', caFile, '-purpose', 'any', '-out',
            '/dev/null']);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

// The file with one byte more, less or other.
export const changed = (bytes, at, mask = 1) => {
    const other = Buffer.from(bytes);
    other[at] ^= mask;
    return other;
};
