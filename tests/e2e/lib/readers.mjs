// Readers of receipts and openings that are not ours: @sigstore/verify and an SD-JWT library.
import { createRequire } from 'node:module';
import { SDJwt } from '@sd-jwt/core';
import { digest as sdJwtDigest } from '@sd-jwt/crypto-nodejs';
import { readProof } from './note.mjs';

// Its parts for transparency logs are internal: reached by file, so the version is pinned.
const require = createRequire(import.meta.url);
const { createRequire: nested } = await import('node:module');
const verifyPath = require.resolve('@sigstore/verify');
const inside = nested(verifyPath);
const { verifyTLogInclusion } = inside('./tlog');

// Throws unless @sigstore/verify accepts the proof of this entry under the log's key.
export function verifyBySigstore(entry, proof, vkey) {
    const { index, path, checkpoint } = readProof(proof);
    verifyTLogInclusion({
        canonicalizedBody: Buffer.from(entry),
        inclusionProof: {
            logIndex: String(index),
            hashes: path,
            checkpoint: { envelope: checkpoint },
        },
    }, [{
        logID: Buffer.from(vkey.id, 'hex'),
        baseURL: vkey.name,
        publicKey: vkey.key,
    }]);
}

const part = (value) => Buffer.from(value).toString('base64url');

// What an SD-JWT library makes of the entry as payload and the opening as disclosures.
export async function openBySdJwt(entry, opening) {
    const jwt = `${part('{"alg":"none"}')}.${part(entry)}.${part('none')}`;
    const compact = `${[jwt, ...opening].join('~')}~`;
    const hasher = { alg: 'sha-256', hasher: (data, alg) => sdJwtDigest(data, alg) };
    const decoded = await SDJwt.fromEncode(compact, hasher.hasher);
    return decoded.getClaims(hasher.hasher);
}
