// Canonical JSON (RFC 8785, restricted as formats.md says), digests and base64url: written from the
// specifications, sharing nothing with the server.
import { createHash } from 'node:crypto';

export const sha256 = (...parts) => {
    const hash = createHash('sha256');
    for (const part of parts) {
        hash.update(part);
    }
    return hash.digest();
};

export const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

// Strict: unpadded, no foreign character, no bits that are dropped.
export function fromBase64url(text) {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.toString('base64url') !== text) {
        throw new Error(`not base64url: ${text}`);
    }
    return bytes;
}

// Keys by UTF-16 code units, which is how JavaScript compares strings; its JSON.stringify writes
// strings as RFC 8785 section 3.2.2.2 wants them.
export function canonical(value) {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') {
        return JSON.stringify(value);
    }
    if (typeof value === 'number') {
        if (!Number.isSafeInteger(value)) {
            throw new Error(`not an integer: ${value}`);
        }
        return String(value);
    }
    if (Array.isArray(value)) {
        return `[${value.map(canonical).join(',')}]`;
    }
    return `{${Object.keys(value).sort().map((key) =>
        `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

// A disclosure (RFC 9901): its text, its digest, and what it says.
export function readDisclosure(text) {
    const json = fromBase64url(text).toString();
    const parts = JSON.parse(json);
    if (canonical(parts) !== json || !Array.isArray(parts) || parts.length !== 3) {
        throw new Error(`not a canonical disclosure: ${json}`);
    }
    const [salt, name, value] = parts;
    if (fromBase64url(salt).length !== 16) {
        throw new Error(`salt of another length: ${salt}`);
    }
    return { text, salt, name, value, digest: base64url(sha256(text)) };
}
