// A proxy that cuts: it passes all on until it is told to hold; then it takes what the server says
// and gives nothing of it to the client, and once that is as much as an answer, both ends are cut.
// So the core has recorded and answered, and the client has nothing.
import { once } from 'node:events';
import net from 'node:net';
import { HOST } from './client.mjs';

const ANSWER_BYTES = 1000; // less than any answer with a receipt has, more than a SETTINGS frame

export class Cutter {
    #server;
    #sockets = new Set();
    #holding = false;
    cuts = 0;

    async start(port) {
        this.#server = net.createServer((client) => this.#pass(client, port));
        this.#server.listen(0, HOST);
        await once(this.#server, 'listening');
        this.port = this.#server.address().port;
        return this;
    }

    // From now on nothing comes back.
    hold() {
        this.#holding = true;
    }

    #pass(client, port) {
        const server = net.connect(port, HOST);
        let held = 0;
        const cut = () => {
            client.destroy();
            server.destroy();
            this.#sockets.delete(client);
            this.#sockets.delete(server);
        };
        this.#sockets.add(client).add(server);
        for (const socket of [client, server]) {
            socket.on('error', cut);
            socket.on('close', cut);
        }
        client.on('data', (bytes) => server.write(bytes));
        server.on('data', (bytes) => {
            if (!this.#holding) {
                client.write(bytes);
                return;
            }
            held += bytes.length;
            if (held >= ANSWER_BYTES) {
                this.#holding = false;
                this.cuts++;
                cut();
            }
        });
    }

    stop() {
        for (const socket of this.#sockets) {
            socket.destroy();
        }
        this.#server?.close();
    }
}
