// Citizens with sessions, for tests that are not about signing in: a provider of the test's own says
// who it is, and everything behind it is the house's.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { CLAIM, CLIENT, LEVEL } from '../../../tools/demo-portal.mjs';
import { until } from './command.mjs';
import { checkResponse } from './contract.mjs';
import { FalsePortal } from './false_portal.mjs';
import { Visitor } from './visitor.mjs';

const CODE = 'BCA';
const CHANNEL = 'mps_portal';
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key) => key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' });

export class Citizens {
    // Registers the provider by hand: before there are officers, and before the server runs.
    static async open(demo) {
        const made = new Citizens();
        made.demo = demo;
        made.listener = https.createServer({ cert: readFileSync(path.join(demo.tls, 'cert.pem')),
            key: readFileSync(path.join(demo.tls, 'key.pem')) },
        (request, response) => made.portal.handler()(request, response));
        made.listener.listen(0, '127.0.0.1');
        await once(made.listener, 'listening');
        const { port } = made.listener.address();
        made.portal = new FalsePortal({ issuer: `https://localhost:${port}`, key: pair() });
        const folder = path.join(demo.dir, 'signin');
        const file = path.join(demo.dir, `${CODE}.pub.pem`);
        mkdirSync(folder, { recursive: true });
        writeFileSync(path.join(folder, `${CHANNEL}.key`), pem(pair().privateKey), { mode: 0o600 });
        copyFileSync(path.join(demo.dir, 'ca.pem'), path.join(folder, `${CHANNEL}-ca.pem`));
        writeFileSync(file, pem(made.portal.key.publicKey));
        await demo.act('provider', 'add', CODE, '--name', 'Cổng kiểm thử', '--account', 'mps-portal',
            '--issuer', made.portal.issuer, '--client', CLIENT, '--claim', CLAIM, '--acr', LEVEL);
        await demo.act('provider', 'key-put', CODE, '--kid', made.portal.kid, '--alg', 'ES256',
            '--public-key', file, '--reason', 'test');
        made.args = ['--signin', folder, '--mps-portal', `127.0.0.1:${port}`];
        return made;
    }

    async ready(server) {
        this.site = `https://localhost:${server.publicPort}`;
        await until('the provider is there', () => /ready=1/u.test(server.said));
    }

    // A browser with a session of whoever has that number.
    async visit(id) {
        const visitor = new Visitor(this.demo.ca);
        const begun = await visitor.send(`${this.site}/signin?provider=${CODE}`);
        assert.equal(begun.status, 303, begun.text);
        const { state, nonce } = this.portal.requests.at(-1);
        this.portal.next = { claims: { nonce, sub: id, [CLAIM]: id } };
        const answer = await visitor.send(`${this.site}/signin/callback?state=${state}&code=c`);
        assert.equal(answer.status, 303, answer.text);
        return visitor;
    }

    // What he does as a program does it.
    async signIn(id) {
        const visitor = await this.visit(id);
        return async (verb, body = {}, options = {}) => {
            const target = `/v1/me/${verb}`;
            const found = await visitor.send(`${this.site}${target}`, { ...options, method: 'POST',
                body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
            await checkResponse({ method: 'POST', path: target },
                { ...found, bytes: Buffer.from(found.text) });
            return { ...found, json: JSON.parse(found.text) };
        };
    }

    close() {
        this.listener.closeAllConnections();
        this.listener.close();
    }
}
