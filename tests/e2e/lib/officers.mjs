// Officers of a demonstration, with their keys, and acts that they sign. The signature is Node's own.
import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const OFFICERS = {
    LAN: ['intake', 'decide', 'security'], MINH: ['decide', 'approve'],
    HOA: ['approve', 'security', 'audit'],
};

const base64url = (data) => Buffer.from(data).toString('base64url');

// Whoever signs: `code`, the key for signing, and the certificate for coming in.
export class Signer {
    constructor(code, key, client, origin) {
        this.code = code;
        this.key = key;
        this.client = client;
        this.origin = origin;
    }

    // SubjectPublicKeyInfo of the certificate's key, DER.
    get spki() {
        return new X509Certificate(this.client.cert).publicKey.export({ type: 'spki', format: 'der' });
    }

    payload(act, values, more = {}) {
        return { act, aud: this.origin, iat: Math.floor(Date.now() / 1000),
            jti: randomBytes(12).toString('base64url'), values, ...more };
    }

    jws(payload, header = { alg: 'ES256', kid: this.code, typ: 'dancu-act+json' }) {
        const text = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}`;
        const signature = sign('sha256', Buffer.from(text), { key: this.key,
            dsaEncoding: 'ieee-p1363' });
        return `${text}.${base64url(signature)}`;
    }

    act(name, values, more) {
        return this.jws(this.payload(name, values, more));
    }
}

// The code by which a proposal is known.
export const proposalOf = (jws) => createHash('sha256').update(jws).digest('hex');

export const originOf = (demo) => readFileSync(path.join(demo.home, 'origin'), 'utf8').trim();

// An account of the demonstration signs by the key of its certificate.
export const accountOf = (demo, name) =>
    new Signer(name, demo.client(name).key, demo.client(name), originOf(demo));

// Certificate and signing key of an officer whom nobody has made one yet, in files, too.
async function newSigner(demo, folder, code) {
    const client = await demo.issue(`officer-${code}`);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(path.join(folder, `${code}.pem`), pem, { mode: 0o600 });
    writeFileSync(path.join(folder, `${code}.pub.pem`),
        publicKey.export({ type: 'spki', format: 'pem' }));
    return { signer: new Signer(code, pem, client, originOf(demo)), publicKey };
}

const folderOf = (demo) => path.join(demo.dir, 'officers');

// The ceremony: certificates by the demonstration's CA, signing keys, the sheet, the act. From then
// on nothing is done by hand in this home.
export async function makeOfficers(demo, officers = OFFICERS) {
    const folder = folderOf(demo);
    const sheet = path.join(folder, 'sheet.json');
    const signers = {};
    const lines = [];
    mkdirSync(folder, { recursive: true });
    for (const [code, roles] of Object.entries(officers)) {
        const { signer } = await newSigner(demo, folder, code);
        lines.push({ code, name: `Cán bộ ${code}`, roles, cert: signer.client.certPath,
            key: `${code}.pub.pem` });
        signers[code] = signer;
    }
    writeFileSync(sheet, JSON.stringify(lines));
    await demo.act('officer', 'found', '--officers', sheet);
    return signers;
}

// One more, later; `both` has two officers sign the act.
export async function addOfficer(demo, code, roles, both) {
    const { signer, publicKey } = await newSigner(demo, folderOf(demo), code);
    await both('officer.add', { code, name: `Cán bộ ${code}`, roles: roles.join(','),
        spki: createHash('sha256').update(signer.spki).digest('hex'),
        key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64url') });
    return signer;
}
