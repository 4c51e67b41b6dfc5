// Signed notes, checkpoints and C2SP tlog-proof texts: a verifier of our own writing, from the
// specifications.
import { createPublicKey, verify } from 'node:crypto';
import { sha256 } from './canonical.mjs';
import { leafHash, rootByPath } from './tree.mjs';

const ED25519 = 1;
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

function strictBase64(text, what) {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text) {
        throw new Error(`${what}: not base64`);
    }
    return bytes;
}

export function readVkey(line) {
    const match = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(line.trimEnd());
    if (!match) {
        throw new Error('the verifier key is no NAME+ID+KEY');
    }
    const [, name, id, encoded] = match;
    const bytes = strictBase64(encoded, 'verifier key');
    if (bytes.length !== 33 || bytes[0] !== ED25519) {
        throw new Error('the verifier key is not Ed25519');
    }
    const wanted = sha256(name, '\n', bytes).subarray(0, 4).toString('hex');
    if (wanted !== id) {
        throw new Error(`the verifier key's id is ${id}, not ${wanted}`);
    }
    const raw = bytes.subarray(1);
    const key = createPublicKey({
        key: Buffer.concat([SPKI_ED25519, raw]), format: 'der', type: 'spki',
    });
    return { name, id, raw, key };
}

// The text that the log's own key has signed.
export function openNote(note, vkey) {
    const split = note.lastIndexOf('\n\n');
    if (split < 0 || !note.endsWith('\n')) {
        throw new Error('no signed note');
    }
    const text = note.slice(0, split + 1);
    let own = 0;
    for (const line of note.slice(split + 2, -1).split('\n')) {
        const match = /^\u2014 (\S+) (\S+)$/.exec(line);
        if (!match) {
            throw new Error('a signature line is malformed');
        }
        const bytes = strictBase64(match[2], 'signature');
        if (match[1] !== vkey.name || bytes.subarray(0, 4).toString('hex') !== vkey.id) {
            continue;
        }
        if (bytes.length !== 68 || !verify(null, Buffer.from(text), vkey.key, bytes.subarray(4))) {
            throw new Error("the log's signature is wrong");
        }
        own++;
    }
    if (own === 0) {
        throw new Error('the log has not signed this');
    }
    return text;
}

export function readCheckpoint(note, vkey) {
    const lines = openNote(note, vkey).split('\n');
    const [origin, size, root] = lines;
    if (origin !== vkey.name) {
        throw new Error(`checkpoint of another log: ${origin}`);
    }
    if (lines.length !== 4 || !/^(0|[1-9][0-9]*)$/.test(size)) {
        throw new Error('the checkpoint is malformed');
    }
    const hash = strictBase64(root, 'root');
    if (hash.length !== 32) {
        throw new Error('the root is no SHA-256');
    }
    return { origin, size: Number(size), root: hash };
}

// Takes a proof text apart; nothing is verified.
export function readProof(proof) {
    const split = proof.indexOf('\n\n');
    const [head, index, ...hashes] = proof.slice(0, split).split('\n');
    const match = /^index (0|[1-9][0-9]*)$/.exec(index ?? '');
    if (split < 0 || head !== 'c2sp.org/tlog-proof@v1' || !match) {
        throw new Error('no tlog-proof@v1');
    }
    const path = hashes.map((line) => {
        const hash = strictBase64(line, 'path');
        if (hash.length !== 32) {
            throw new Error('a hash of the path is no SHA-256');
        }
        return hash;
    });
    return { index: Number(match[1]), path, checkpoint: proof.slice(split + 2) };
}

// Where the log has this entry: index and checkpoint, or an error.
export function verifyProof(proof, entry, vkey) {
    const { index, path, checkpoint: note } = readProof(proof);
    const checkpoint = readCheckpoint(note, vkey);
    const root = rootByPath(leafHash(entry), index, checkpoint.size, path);
    if (!root.equals(checkpoint.root)) {
        throw new Error("the path does not lead to the checkpoint's root");
    }
    return { index, checkpoint, note };
}
