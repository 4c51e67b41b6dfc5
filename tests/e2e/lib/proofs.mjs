// What portals and accounts sign their asks with: assertions by `jose`, and messages (RFC 9421) by
// Node's own crypto.
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { SignJWT } from 'jose';
import { originOf } from './officers.mjs';

export const keyPair = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve });

// Registers the key as one of the account's.
export async function addSigningKey(demo, code, account, { publicKey }) {
    const file = path.join(demo.dir, `${code}.pem`);
    writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }));
    await demo.act('signing-key', 'add', code, '--account', account, '--public-key', file);
}

const hashOf = (body, encoding) => createHash('sha256').update(body).digest(encoding);
const seconds = () => Math.floor(Date.now() / 1000);

// An assertion for the very body; `claims` and `header` change what it says.
export function assertion(demo, body, { privateKey }, {
    kid = 'portal-key', header = {}, claims = {},
} = {}) {
    const now = seconds();
    const payload = {
        aud: originOf(demo), ask: hashOf(body, 'base64url'), service: 'citizen.lookup',
        jti: randomUUID(), iat: now, exp: now + 60, party: 'bank', officer: 'lan', ...claims,
    };
    return new SignJWT(payload)
        .setProtectedHeader({ alg: 'ES256', kid, typ: 'dancu-assertion+jwt', ...header })
        .sign(privateKey);
}

// The fields of a signed message; `changes` of the parts before they are signed.
export function messageSignature(body, privateKey, {
    keyid, key = randomUUID(), created = seconds(), path: target = '/v1/lookup', alg,
    components = ['@method', '@path', 'content-digest', 'idempotency-key'], digestOf = body,
} = {}) {
    const digest = `sha-256=:${hashOf(digestOf, 'base64')}:`;
    const values = { '@method': 'POST', '@path': target, 'content-digest': digest,
        'idempotency-key': key, 'content-type': 'application/json' };
    const params = `(${components.map((name) => `"${name}"`).join(' ')});created=${created}` +
        (keyid ? `;keyid="${keyid}"` : '') + (alg ? `;alg="${alg}"` : '');
    const base = [...components.map((name) => `"${name}": ${values[name]}`),
        `"@signature-params": ${params}`].join('\n');
    const signature = sign('sha256', base, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return { 'content-digest': digest, 'idempotency-key': key, 'signature-input': `sig=${params}`,
        signature: `sig=:${signature.toString('base64')}:` };
}
