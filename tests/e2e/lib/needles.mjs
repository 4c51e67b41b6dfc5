// Looks for known texts in files, in every encoding that a careless program would leave them in.
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

const NEEDLE_BYTES_MIN = 8; // shorter ones turn up in random bytes
const FILTER_BITS = 24;
const CHUNK_BYTES = 8 << 20;

const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '')
    .replace(/đ/g, 'd').replace(/Đ/g, 'D');

// The text as people, indexes and old systems write it.
function spellings(text) {
    const folded = plain(text);
    return [text, text.normalize('NFC'), text.normalize('NFD'), text.toUpperCase(),
        text.toLowerCase(), folded, folded.toUpperCase(), folded.toLowerCase(),
        folded.replace(/ /g, '').toUpperCase(), folded.replace(/ /g, '').toLowerCase(),
        folded.replace(/ /g, '')];
}

const utf16be = (text) => Buffer.from(text, 'utf16le').swap16();

// Base64 of a text that stands somewhere inside a longer one: the characters that do not depend on
// what stands before and behind it, at each of the three places in a group.
function base64Inside(bytes, encoding) {
    return [0, 1, 2].map((before) => {
        const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
        const from = before === 0 ? 0 : before + 1;
        const whole = Math.floor(((before + bytes.length) * 8) / 6);
        return Buffer.from(encoded.slice(from, whole));
    });
}

// Binary-coded decimals, as number columns are packed.
const packed = (text) => Buffer.from(text.length % 2 ? `0${text}` : text, 'hex');

export function encodings(text) {
    const found = [];
    for (const spelling of new Set(spellings(text))) {
        const bytes = Buffer.from(spelling);
        found.push(bytes, Buffer.from(spelling, 'utf16le'), utf16be(spelling),
            Buffer.from(bytes.toString('hex')), Buffer.from(bytes.toString('hex').toUpperCase()),
            ...base64Inside(bytes, 'base64'), ...base64Inside(bytes, 'base64url'),
            Buffer.from(JSON.stringify(spelling).slice(1, -1)),
            Buffer.from(encodeURIComponent(spelling)));
    }
    if (/^[0-9]{16,}$/.test(text)) {
        found.push(packed(text));
    }
    return found.filter((bytes) => bytes.length >= NEEDLE_BYTES_MIN);
}

const slot = (gram) => Math.imul(gram, 0x9e3779b1) >>> (32 - FILTER_BITS);

export class Needles {
    #filter = new Uint8Array(1 << (FILTER_BITS - 3));
    #byStart = new Map(); // first 8 bytes in hex -> [needle, label]
    #longest = NEEDLE_BYTES_MIN;
    count = 0;

    add(label, text) {
        for (const needle of encodings(text)) {
            const bit = slot(needle.readUInt32BE(0));
            this.#filter[bit >>> 3] |= 1 << (bit & 7);
            const start = needle.toString('hex', 0, NEEDLE_BYTES_MIN);
            const others = this.#byStart.get(start);
            if (others === undefined) {
                this.#byStart.set(start, [[needle, label]]);
            } else if (!others.some(([other]) => other.equals(needle))) {
                others.push([needle, label]);
            }
            this.#longest = Math.max(this.#longest, needle.length);
            this.count++;
        }
    }

    // Labels of what stands in these bytes, with the place.
    find(bytes) {
        const found = [];
        const filter = this.#filter;
        let gram = 0;
        for (let i = 0; i < bytes.length; i++) {
            gram = (gram << 8) | bytes[i];
            const bit = slot(gram);
            if ((filter[bit >>> 3] & (1 << (bit & 7))) !== 0 && i >= 3) {
                this.#look(bytes, i - 3, found);
            }
        }
        return found;
    }

    #look(bytes, at, found) {
        const start = bytes.toString('hex', at, at + NEEDLE_BYTES_MIN);
        for (const [needle, label] of this.#byStart.get(start) ?? []) {
            if (bytes.subarray(at, at + needle.length).equals(needle)) {
                found.push([label, at]);
            }
        }
    }

    // Every plain file below a folder; what was found and how much was read. What a server has
    // removed since the folder was listed is gone; what took its place is looked at the next time.
    findInFolder(folder) {
        const result = { found: [], files: 0, bytes: 0 };
        for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
            const file = path.join(entry.parentPath, entry.name);
            if (entry.isFile() && existsSync(file)) {
                this.#findInFile(file, result);
            }
        }
        return result;
    }

    #findInFile(file, result) {
        const chunk = Buffer.alloc(CHUNK_BYTES + this.#longest);
        const fd = openSync(file, 'r');
        let kept = 0;
        for (let at = 0; ; ) {
            const got = readSync(fd, chunk, kept, CHUNK_BYTES, null);
            if (got === 0) {
                break;
            }
            for (const [label, place] of this.find(chunk.subarray(0, kept + got))) {
                result.found.push(`${file} at ${at - kept + place}: ${label}`);
            }
            at += got;
            const keep = Math.min(this.#longest - 1, kept + got);
            chunk.copy(chunk, 0, kept + got - keep, kept + got);
            kept = keep;
            result.bytes += got;
        }
        closeSync(fd);
        result.files++;
    }
}

// Everything about a person that must stand nowhere in clear.
export function addPerson(needles, person) {
    needles.add('id', person.id);
    if (person.cmnd !== null) {
        needles.add('cmnd', person.cmnd);
    }
    needles.add('name', person.full_name);
    for (const field of ['permanent_residence', 'temporary_residence', 'current_residence',
        'native_place', 'birth_registration_place']) {
        const detail = person[field]?.detail;
        if (detail && Buffer.byteLength(detail) >= NEEDLE_BYTES_MIN) {
            needles.add(field, detail);
        }
    }
    if (person.household !== null) {
        needles.add('household', person.household.number);
    }
    for (const other of [person.household?.head, ...person.household?.members ?? [],
        ...person.relatives ?? []]) {
        if (other?.id) {
            needles.add('relative id', other.id);
        }
        if (other?.full_name) {
            needles.add('relative name', other.full_name);
        }
    }
}
