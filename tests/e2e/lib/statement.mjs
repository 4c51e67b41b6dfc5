// A verifier of statements (docs/map.md), written from that page: its own hashes, nothing of ours.
import { createHash } from 'node:crypto';
import { verifyProof } from './note.mjs';

const sha256 = (...parts) => {
    const hash = createHash('sha256');
    parts.forEach((part) => hash.update(part));
    return hash.digest();
};
const byte = (value) => Buffer.of(value);
const u64 = (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    return bytes;
};
const fail = (why) => { throw new Error(why); };

const leafHash = (entry) => sha256(byte(0), entry);
export const chainOn = (chain, entry) => sha256(chain, leafHash(entry));
export const valueOf = (salt, count, chain) => sha256(byte(0x12), salt, u64(count), chain);
export const leafOf = (position, value) => sha256(byte(0x10), position, value);
export const innerOf = (left, right) => sha256(byte(0x11), left, right);
export const EMPTY = sha256(byte(0x13));
const bitOf = (position, at) => (position[at >> 3] >> (7 - (at & 7))) & 1;

// The node over leaves [{position, leaf}] that share `depth` bits, as the page defines it.
export function nodeOf(leaves, depth = 0) {
    if (leaves.length < 2) {
        return leaves.length === 0 ? EMPTY : leaves[0].leaf;
    }
    const side = (bit) => leaves.filter(({ position }) => bitOf(position, depth) === bit);
    return innerOf(nodeOf(side(0), depth + 1), nodeOf(side(1), depth + 1));
}

function hashAt(text, what) {
    const bytes = Buffer.from(text ?? fail(`${what} is missing`), 'base64url');
    return bytes.length === 32 && bytes.toString('base64url') === text
        ? bytes : fail(`${what} is no hash`);
}

const sameMembers = (object, names, what) =>
    JSON.stringify(Object.keys(object).sort()) === JSON.stringify([...names].sort())
        || fail(`${what} has other members`);

// Root that the path leads to.
export function rootOfPath(path) {
    sameMembers(path, ['chain', 'count', 'hashes', 'other', 'position', 'salt'], 'the path');
    const position = hashAt(path.position, 'position');
    const k = path.hashes.length;
    if (k > 256 || !Number.isSafeInteger(path.count) || path.count < 0) {
        fail('the path has no shape');
    }
    let hash = EMPTY;
    if (path.count > 0) {
        hash = leafOf(position,
            valueOf(hashAt(path.salt, 'salt'), path.count, hashAt(path.chain, 'chain')));
        path.other === null || fail('a leaf of his and another\'s');
    } else if (path.other !== null) {
        const other = hashAt(path.other.position, 'other position');
        !other.equals(position) || fail('the other is he');
        for (let at = 0; at < k; at++) {
            bitOf(other, at) === bitOf(position, at) || fail('the other stands elsewhere');
        }
        hash = leafOf(other, hashAt(path.other.value, 'other value'));
    }
    path.hashes.forEach((text, i) => {
        const sibling = hashAt(text, 'a hash of the path');
        hash = bitOf(position, k - 1 - i) ? innerOf(sibling, hash) : innerOf(hash, sibling);
    });
    return hash;
}

// Entry, its index, and what its disclosures say by name; `element` is the one without a name.
function readItem(item, vkey) {
    sameMembers(item.receipt, ['entry', 'proof'], 'a receipt');
    const { index } = verifyProof(item.receipt.proof, item.receipt.entry, vkey);
    const entry = JSON.parse(item.receipt.entry);
    const named = {};
    const elements = [];
    const seen = new Set();
    for (const text of item.opening) {
        const digest = sha256(text).toString('base64url');
        const parts = JSON.parse(Buffer.from(text, 'base64url').toString());
        if (parts.length === 2) {
            elements.push({ digest, value: parts[1] });
            continue;
        }
        parts.length === 3 && entry._sd.includes(digest) && !seen.has(digest)
            || fail('a disclosure is not the entry\'s');
        seen.add(digest);
        named[parts[1]] = parts[2];
    }
    return { index, entry, named, elements, bytes: Buffer.from(item.receipt.entry) };
}

// A row without an opening is one whose details are not kept any more: that it is his shows the map's
// chain alone, and of one that is in no map nothing does.
function readRow(row, vkey, person) {
    sameMembers(row, ['opening', 'receipt'], 'a row');
    const { index, named, elements, bytes } = readItem(row, vkey);
    if (row.opening.length === 0) {
        return { index, bytes, named, unproved: true };
    }
    elements.length === 1 || fail('a row tells of no person, or of several');
    named.persons?.some((one) => one['...'] === elements[0].digest)
        || fail('the person is not the entry\'s');
    elements[0].value === person || fail('a row of another person');
    return { index, bytes, named };
}

function readMap(map, vkey) {
    sameMembers(map, ['opening', 'path', 'receipt'], 'the map');
    const { index, entry, named, elements } = readItem(map, vkey);
    entry.kind === 'map' && elements.length === 0 || fail('no entry of a map');
    const head = named.request ?? fail('the map\'s root is not opened');
    sameMembers(head, ['day', 'persons', 'root', 'size', 'v'], 'the root');
    head.v === 1 && index >= head.size || fail('the map is of no such size');
    rootOfPath(map.path).equals(hashAt(head.root, 'root'))
        || fail('the path does not lead to the root');
    return { head, path: map.path };
}

// A statement line by line, however long it is: of each row 32 bytes stay. Throws when it does not
// verify; `end` tells what it is.
export class StatementVerifier {
    #vkey;
    #person;
    #map;
    #end = null;
    #indexes = new Set();
    #leaves = []; // of the map's rows, newest first
    count = { row: 0, since: 0 };
    unproved = 0; // of those since

    constructor(vkey) {
        this.#vkey = vkey;
    }

    #first(line) {
        sameMembers(line, ['statement'], 'the first line');
        const { person, map, v } = line.statement;
        v === 1 || fail('another version');
        this.#person = person;
        this.#map = map === null ? null : readMap(map, this.#vkey);
    }

    #row(line) {
        const [kind] = Object.keys(line);
        sameMembers(line, [kind], 'a line');
        this.count[kind] !== undefined && !(kind === 'since' && this.count.row > 0)
            || fail('out of order');
        const row = readRow(line[kind], this.#vkey, this.#person);
        !this.#indexes.has(row.index) || fail('an entry stands twice');
        this.#indexes.add(row.index);
        this.count[kind]++;
        this.unproved += kind === 'since' && row.unproved ? 1 : 0;
        if (kind === 'row') {
            row.index < (this.#map?.head.size ?? 0) || fail('a row that the map cannot have');
            this.#leaves.push(leafHash(row.bytes));
        }
        return row;
    }

    // What the row says, of a line that is one.
    line(text) {
        const line = JSON.parse(text);
        this.#end === null || fail('something follows the end');
        if (this.#person === undefined) {
            this.#first(line);
        } else if (line.end !== undefined) {
            sameMembers(line, ['end'], 'the last line');
            this.#end = line.end;
        } else {
            return this.#row(line);
        }
        return null;
    }

    end() {
        const { row, since } = this.count;
        this.#end?.rows === row && this.#end.since === since || fail('it is cut short');
        row === (this.#map?.path.count ?? 0) || fail('not as many rows as the map has');
        const chain = this.#leaves.reduceRight((before, leaf) => sha256(before, leaf),
            Buffer.alloc(32));
        row === 0 || chain.equals(hashAt(this.#map.path.chain, 'chain'))
            || fail('the rows are not those of the map');
        return { person: this.#person, count: this.count, map: this.#map,
            unproved: this.unproved };
    }
}

// Lines of a statement, all at once.
export function verifyStatement(lines, vkey) {
    const verifier = new StatementVerifier(vkey);
    const rows = lines.map((line) => verifier.line(line)).filter((row) => row !== null);
    return { ...verifier.end(), rows };
}
