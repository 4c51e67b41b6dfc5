// Opens so many TLS connections at so many a second, and holds them without a word.
// Whose handshake did not come to its end in time is tried anew.
//   parent sends {port, ca, cert, key, count, perSecond}; hears {held, ended}; `stop` ends it.
import tls from 'node:tls';

const PENDING_MAX = 50;
let held = 0;
let ended = 0;
let pending = 0;

function open(options) {
    let secure = false;
    pending++;
    const socket = tls.connect({ host: '127.0.0.1', servername: 'localhost', ALPNProtocols: ['h2'],
        ...options });
    socket.on('secureConnect', () => {
        secure = true;
        pending--;
        held++;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
        if (secure) {
            ended++;
        } else {
            pending--;
        }
    });
}

process.on('message', (message) => {
    if (message === 'stop') {
        process.exit(0);
    }
    if (message === 'tell') {
        process.send({ held, ended });
        return;
    }
    const { count, perSecond, ...options } = message;
    const timer = setInterval(() => {
        for (let i = 0; i < perSecond / 50 && held + pending < count && pending < PENDING_MAX; i++) {
            open(options);
        }
        if (held === count) {
            clearInterval(timer);
        }
    }, 20);
});
