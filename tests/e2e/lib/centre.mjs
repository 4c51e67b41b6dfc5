// A message centre for tests, over the npm package `smpp`, which shares no code with ours: it brings
// what phones write until it is confirmed, on whichever link there is, takes what goes to phones, puts
// parts together, and sends receipts. It can drop the link at any point of an exchange.
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import smpp from 'smpp';
import { until } from './command.mjs';

export const NUMBER = '1414';
const IN_HAND_MAX = 20; // brought and not confirmed
const AGAIN_MS = 50; // after which what was given back is brought again
const DROPS = ['brought', 'confirmed', 'taken']; // where a link is dropped, in turn

export class Centre {
    #server;
    #session = null;
    #queue = []; // to be brought
    #inHand = new Set();
    #events = 0; // since the last drop
    #drops = 0;
    #ids = 0;

    constructor({ password = 'secret', dropEvery = 0, onReceived = () => {},
        onPart = () => {} } = {}) {
        Object.assign(this, { password, dropEvery, onReceived, onPart, binds: 0, links: 0, brought: 0 });
        this.received = []; // { to, text, parts, coding }: whole ones
        this.parts = new Map();
        this.nacks = [];
        this.throttle = 0; // so many submissions are refused as too many
        this.receipts = true;
        this.#server = smpp.createServer((session) => this.#link(session));
    }

    async listen(port = 0) {
        this.#server.listen(port, '127.0.0.1');
        await once(this.#server, 'listening');
        this.port = this.#server.address().port;
        return this;
    }

    // What `dancu serve` is told of it, with its settings in that folder.
    args(folder, { yaml = '', centre = '' } = {}) {
        const dir = path.join(folder, 'sms');
        mkdirSync(dir, { recursive: true });
        writeFileSync(path.join(dir, 'password'), `${this.password}\n`);
        writeFileSync(path.join(dir, 'sms.yaml'),
            `centre: {system_id: dancu, password: password${centre}}\n` +
            `number: "${NUMBER}"\nper_second: "5000"\n${yaml}`);
        return ['--sms', dir, '--sms-centre', `127.0.0.1:${this.port}`];
    }

    get bound() {
        return this.#session !== null;
    }

    untilBound() {
        return until('the link is bound', () => this.bound);
    }

    // Somebody writes.
    write(from, text, more = {}) {
        const message = { options: {
            source_addr: from, source_addr_ton: 1, source_addr_npi: 1, destination_addr: NUMBER,
            short_message: text, ...more } };
        message.done = new Promise((resolve) => {
            message.resolve = resolve;
        });
        this.#queue.push(message);
        this.#bring();
        return message.done;
    }

    // Bytes as they are.
    raw(bytes) {
        this.#session.socket.write(bytes);
    }

    drop() {
        this.#session?.destroy();
    }

    to(phone) {
        return this.received.filter((one) => one.to === phone);
    }

    // The next text to that phone, beyond those that it has had.
    async answer(phone, had = 0) {
        await until(`${phone} has an answer`, () => this.to(phone).length > had);
        return this.to(phone)[had].text;
    }

    close() {
        this.drop();
        this.#server.close();
    }

    #link(session) {
        this.links++;
        session.on('error', () => {});
        session.on('bind_transceiver', (pdu) => {
            const good = pdu.system_id === 'dancu' && pdu.password === this.password;
            session.send(pdu.response({ command_status: good ? 0 : smpp.ESME_RBINDFAIL,
                system_id: 'centre' }));
            if (good) {
                this.binds++;
                this.#lost(); // of a former one, whose end is perhaps not seen yet
                this.#session = session;
                this.#bring();
            }
        });
        session.on('submit_sm', (pdu) => this.#take(session, pdu));
        session.on('enquire_link', (pdu) => session.send(pdu.response()));
        session.on('generic_nack', (pdu) => this.nacks.push(pdu.command_status));
        session.on('unbind', (pdu) => {
            session.send(pdu.response());
            session.close();
        });
        session.on('close', () => {
            if (this.#session === session) {
                this.#lost();
            }
        });
    }

    // Nobody has confirmed what is in hand.
    #lost() {
        this.#session = null;
        this.#queue.unshift(...this.#inHand);
        this.#inHand.clear();
    }

    // Whether the link ends at this point of an exchange.
    #dropsAt(point) {
        if (!this.dropEvery || this.#session === null) {
            return false;
        }
        this.#events++;
        if (this.#events < this.dropEvery || point !== DROPS[this.#drops % DROPS.length]) {
            return false;
        }
        this.#events = 0;
        this.#drops++;
        this.#session.destroy();
        return true;
    }

    get dropped() {
        return this.#drops;
    }

    #bring() {
        while (this.#session !== null && this.#queue.length > 0 && this.#inHand.size < IN_HAND_MAX) {
            const message = this.#queue.shift();
            const session = this.#session;
            this.#inHand.add(message);
            this.brought++;
            session.deliver_sm(message.options, (pdu) => this.#confirmed(session, message, pdu));
            this.#dropsAt('brought');
        }
    }

    #confirmed(session, message, pdu) {
        if (session !== this.#session || this.#dropsAt('confirmed')) {
            return; // too late, or it did not come through
        }
        this.#inHand.delete(message);
        if (pdu.command_status === 0) {
            message.resolve(pdu);
        } else {
            setTimeout(() => {
                this.#queue.push(message);
                this.#bring();
            }, AGAIN_MS);
        }
        this.#bring();
    }

    #take(session, pdu) {
        if (this.throttle > 0) {
            this.throttle--;
            session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
            return;
        }
        const id = `m-${++this.#ids}`;
        const { udh, message } = pdu.short_message;
        const [reference, count, number] = udh?.length ? [...udh[0].subarray(2)] : [0, 1, 1];
        const to = pdu.destination_addr;
        const key = `${to} ${reference}`;
        const there = this.parts.get(key) ?? [];
        there[number - 1] = message;
        this.onPart({ to, number, count });
        this.parts.set(key, there);
        if (there.filter((part) => part !== undefined).length === count) {
            this.parts.delete(key);
            const whole = { to, text: there.join(''), parts: count, coding: pdu.data_coding };
            this.received.push(whole);
            this.onReceived(whole);
        }
        const gone = this.#dropsAt('taken'); // it is here, and nobody is told
        if (!gone) {
            session.send(pdu.response({ message_id: id }));
        }
        if (pdu.registered_delivery === 1 && this.receipts) {
            this.write(to, `id:${id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:`, {
                esm_class: 4, receipted_message_id: id, message_state: 2,
                user_message_reference: pdu.user_message_reference,
            });
        }
    }
}
