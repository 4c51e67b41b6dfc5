// Signed acts over the desk while processes die: an organisation applies, officers propose, another
// approves, and some is refused. Afterwards each act is held against the log and against what is in
// force: an answered one happened once, one whose answer was lost once or not at all.
import assert from 'node:assert/strict';
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { Http2Client } from '../../e2e/lib/client.mjs';
import { sleep } from '../../e2e/lib/command.mjs';
import { accountOf, makeOfficers, OFFICERS, proposalOf } from '../../e2e/lib/officers.mjs';

// Who takes applications in and proposes, each by itself at the same time as the others.
const PROPOSE = ['LAN', 'LAN-2', 'LAN-3', 'LAN-4'];
const CYCLES_MAX = 250; // of each: whoever signs has 1,024 acts a day
const PAUSE_MS = 40;
const AGAIN_MS = 10; // until an act is sent again
const AGAIN_MS_MAX = 60_000;
const FRESH_MS = 540_000; // an act is of ten minutes
const TOLD = { 200: 'done', 202: 'proposed', 403: 'role_missing', 404: 'act_not_found',
    409: 'state_conflict' };
const application = (code) => ({ code, party: 'bank', purpose: 'Kiểm thử', 'legal-basis': 'Kiểm thử',
    services: 'citizen.lookup', channels: 'guided', fields: 'full_name', 'quota-day': '10' });

export class Acts {
    #demo;
    #server;
    #signers;
    #random;
    #clients = {};
    acts = []; // {signer, jws, sent, answers: [what was told, each time], lost}
    cycles = 0;

    static async of(demo, random) {
        const acts = new Acts();
        const officers = { ...OFFICERS };
        PROPOSE.slice(1).forEach((name) => {
            officers[name] = ['intake', 'decide'];
        });
        acts.#demo = demo;
        acts.#random = random;
        acts.#signers = { ...await makeOfficers(demo, officers), bank: accountOf(demo, 'bank') };
        return acts;
    }

    #client(name) {
        this.#clients[name] ??= new Http2Client({ port: this.#server.port + 2, ca: this.#demo.ca,
            ...this.#signers[name].client });
        return this.#clients[name];
    }

    // Once: what was told, or null when nobody knows.
    async #send(act) {
        const answer = await this.#client(act.signer).request({ method: 'POST', path: '/v1/acts',
            body: act.jws, headers: { 'content-type': 'application/jose' } }).catch(() => null);
        if (answer === null || answer.status === 503) {
            act.lost++;
            this.#clients[act.signer]?.destroy();
            delete this.#clients[act.signer];
            await sleep(AGAIN_MS);
            return null;
        }
        const told = TOLD[answer.status];
        assert.ok(told !== undefined && (answer.status < 300 || answer.json.code === told), answer.text);
        act.answers.push({ told, record: answer.json.record });
        return told;
    }

    async #again(act, stopped) {
        const begun = Date.now();
        let told = null;
        while (told === null && !stopped()) {
            assert.ok(Date.now() - begun < AGAIN_MS_MAX, 'an act is answered again');
            told = await this.#send(act);
        }
        return told;
    }

    // One that is lost is asked for again as it is, or let lie, by turns.
    async #do(seen, signer, name, values) {
        const act = { signer, name, code: values.code, jws: this.#signers[signer].act(name, values),
            sent: Date.now(), answers: [], lost: 0 };
        this.acts.push(act);
        let told = await this.#send(act);
        if (told === null && this.#random() < 0.5) {
            told = await this.#again(act, () => seen.stop);
        } else if (told !== null && this.#random() < 0.1) {
            await this.#send(act); // what is known already
        }
        return { told, jws: act.jws };
    }

    // An application from its coming in to its grant; one that is let lie ends it.
    async #cycle(seen, officer, code) {
        const party = { code: `p-${code}`, class: 'other', kind: 'company', name: 'Đơn vị' };
        if ((await this.#do(seen, officer, 'party.add', party)).told === 'done') {
            await this.#do(seen, officer, 'party.add', party); // refused: it is there
        }
        if ((await this.#do(seen, 'bank', 'business.add', application(code))).told !== 'done') {
            return;
        }
        const grant = await this.#do(seen, officer, 'business.grant', { code });
        if (grant.told === 'proposed') {
            const proposal = { code: proposalOf(grant.jws) };
            await this.#do(seen, officer, 'proposal.approve', proposal); // refused: it is his own
            await this.#do(seen, 'MINH', 'proposal.approve', proposal);
        }
    }

    async #cycles(seen, officer) {
        for (let i = 0; !seen.stop && i < CYCLES_MAX; i++) {
            this.cycles++;
            await this.#cycle(seen, officer, `KILL-${officer}-${i}`);
            await sleep(PAUSE_MS);
        }
    }

    async run(server, seen) {
        this.#server = server;
        await Promise.all(PROPOSE.map((officer) => this.#cycles(seen, officer)));
    }

    // What is in force: versions of objects, by their codes.
    async #inForce() {
        const found = {};
        for (const kind of ['parties', 'businesses']) {
            let address = `/v1/${kind}`;
            while (address) {
                const { json } = await this.#client('HOA').get(address);
                json.items.forEach((one) => {
                    found[one.code] = one;
                });
                address = json.next && `/v1/${kind}?cursor=${json.next}`;
            }
        }
        return found;
    }

    // Before the server ends: every third that is still without an answer gets its one result now.
    async settle() {
        const open = this.acts.filter((act) => act.answers.length === 0 &&
            Date.now() - act.sent < FRESH_MS);
        for (const act of open.filter((_, i) => i % 3 === 0)) {
            await this.#again(act, () => false);
        }
        this.inForce = await this.#inForce();
        Object.values(this.#clients).forEach((client) => client.destroy());
    }

    #verifies({ jws, signer }) {
        const key = signer === 'bank' ? new X509Certificate(this.#signers.bank.client.cert).publicKey :
            createPublicKey(this.#signers[signer].key);
        const [header, payload, signature] = jws.split('.');
        return verify('sha256', Buffer.from(`${header}.${payload}`),
            { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    }

    // Against the log: the lines of `dancu ledger verify --acts --json`.
    compare(stdout) {
        const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
        const report = lines.pop();
        const byJws = Map.groupBy(lines, (line) => line.jws);
        const counts = { sent: this.acts.length, answered: 0, again: 0, lost_once: 0, lost_in_log: 0,
            lost_not_in_log: 0, results: {} };
        const versions = {};
        const proposed = new Map();
        for (const act of this.acts) {
            const found = byJws.get(act.jws) ?? [];
            byJws.delete(act.jws);
            assert.ok(found.length <= 1, `${act.name} is recorded once`);
            const [line] = found;
            counts.lost_once += act.lost > 0 ? 1 : 0;
            if (act.answers.length > 0) {
                counts.answered++;
                counts.again += act.answers.length + act.lost > 1 ? 1 : 0;
                assert.ok(line, `${act.name} was answered and is in the log`);
                assert.ok(this.#verifies(line));
                for (const { told, record } of act.answers) {
                    assert.equal(told, line.result, act.name);
                    assert.ok(record === undefined || record === line.index, 'its place is its answer\'s');
                }
            } else {
                counts[line ? 'lost_in_log' : 'lost_not_in_log']++;
            }
            if (line?.result === 'proposed') {
                proposed.set(proposalOf(act.jws), act.code);
            }
            if (line) {
                counts.results[line.result] = (counts.results[line.result] ?? 0) + 1;
            }
            if (line?.result === 'done') {
                const code = act.name === 'proposal.approve' ? proposed.get(act.code) : act.code;
                versions[code] = (versions[code] ?? 0) + 1;
            }
        }
        assert.equal(byJws.size, 0, 'no signed act that nobody sent');
        assert.equal(report.acts_bad, 0);
        const shown = Object.values(this.inForce).filter(({ code }) => code.includes('KILL-'));
        assert.deepEqual(Object.fromEntries(shown.map(({ code, version }) => [code, version])
            .sort()), Object.fromEntries(Object.entries(versions).sort()),
        'each act that is recorded as done is in force once, and no other is');
        for (const { code, state } of shown.filter((one) => one.code.startsWith('KILL-'))) {
            assert.equal(state === 'granted', versions[code] === 2, code);
        }
        return { ...counts, cycles: this.cycles, signed: lines.length };
    }
}
