// The Merkle tree of RFC 6962 and the layout of C2SP tlog-tiles, for readers of the log.
import { sha256 } from './canonical.mjs';

export const leafHash = (entry) => sha256(Buffer.of(0), entry);
export const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

// Grows one leaf at a time; the root of every size on the way can be had.
export class Tree {
    size = 0;
    #whole = []; // roots of complete subtrees, largest first

    add(leaf) {
        let node = leaf;
        for (let rest = this.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
            node = nodeHash(this.#whole.pop(), node);
        }
        this.#whole.push(node);
        this.size++;
    }

    root() {
        if (this.size === 0) {
            return sha256('');
        }
        return this.#whole.reduceRight((right, left) => (right ? nodeHash(left, right) : left), null);
    }
}

export function rootOf(entries) {
    const tree = new Tree();
    for (const entry of entries) {
        tree.add(leafHash(entry));
    }
    return tree.root();
}

// Root that an inclusion proof leads to, or an error when it has another length than it must.
export function rootByPath(leaf, index, size, path) {
    if (!(index >= 0 && index < size)) {
        throw new Error(`index ${index} is not below the size ${size}`);
    }
    let node = leaf;
    let at = index;
    let last = size - 1;
    let used = 0;
    while (last > 0) {
        const sibling = at % 2 === 1 ? 'left' : at < last ? 'right' : null;
        if (sibling !== null) {
            if (used >= path.length) {
                throw new Error('the path is too short');
            }
            const other = path[used++];
            node = sibling === 'left' ? nodeHash(other, node) : nodeHash(node, other);
        }
        at = Math.floor(at / 2);
        last = Math.floor(last / 2);
    }
    if (used !== path.length) {
        throw new Error('the path is too long');
    }
    return node;
}

export function tilePath(level, number, width = 256) {
    const digits = String(number).padStart(Math.ceil(String(number).length / 3) * 3, '0');
    const groups = digits.match(/.../g);
    const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
    return `tile/${level}/${name}${width === 256 ? '' : `.p/${width}`}`;
}

// Tiles of a level that a tree of this size has: [number, width].
export function tilesOf(size, level = 0) {
    const hashes = Math.floor(size / 256 ** level);
    const tiles = [];
    for (let number = 0; number * 256 < hashes; number++) {
        tiles.push([number, Math.min(256, hashes - number * 256)]);
    }
    return tiles;
}

// Entries of a bundle: big-endian uint16 length and bytes, as many as its width says.
export function readBundle(bytes, width) {
    const entries = [];
    let at = 0;
    while (at < bytes.length) {
        const length = bytes.readUInt16BE(at);
        if (at + 2 + length > bytes.length) {
            throw new Error('the bundle is cut');
        }
        entries.push(bytes.subarray(at + 2, at + 2 + length));
        at += 2 + length;
    }
    if (entries.length !== width) {
        throw new Error(`the bundle has ${entries.length} entries, not ${width}`);
    }
    return entries;
}

// All entries of a log of this size; `fetch(path)` gives a file below the log's folder.
export async function readEntries(fetch, size) {
    const entries = [];
    for (const [number, width] of tilesOf(size)) {
        const bytes = await fetch(tilePath('entries', number, width));
        entries.push(...readBundle(bytes, width));
    }
    return entries;
}
