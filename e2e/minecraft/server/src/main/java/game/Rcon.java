package game;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * RCON as the game speaks it: a packet is its length, an id, a type (little-endian, 4 bytes each),
 * text and two zero bytes.
 *
 * <p>It is as strict as the game: a packet has to come whole and alone. Who sends the next one before
 * the answer to the last has come, or sends more than 1460 bytes, is disconnected.
 */
final class Rcon implements Runnable {
    private static final int ANSWER = 0;
    private static final int COMMAND = 2;
    private static final int LOGIN_ANSWER = 2;
    private static final int LOGIN = 3;
    private static final int REFUSED = -1;
    private static final int LONGEST_PACKET = 1460;
    private static final int LONGEST_ANSWER = 4096;
    /** Id, type and the two zero bytes: what is counted beside the text. */
    private static final int FRAME = 10;

    private final Socket socket;
    private final String password;
    private boolean loggedIn;

    private Rcon(Socket socket, String password) {
        this.socket = socket;
        this.password = password;
    }

    static void open(ServerSocket listener, String password) {
        Thread.ofPlatform().daemon().name("rcon").start(() -> {
            while (true) {
                try {
                    Thread.ofVirtual().start(new Rcon(listener.accept(), password));
                } catch (IOException closed) {
                    return;
                }
            }
        });
    }

    @Override
    public void run() {
        var buffer = new byte[LONGEST_PACKET];
        try (socket) {
            while (true) {
                int read = socket.getInputStream().read(buffer);
                if (read < 4 + FRAME) return;
                var packet = ByteBuffer.wrap(buffer, 0, read).order(ByteOrder.LITTLE_ENDIAN);
                if (packet.getInt() != read - 4) return;
                int id = packet.getInt();
                int type = packet.getInt();
                handle(id, type, new String(buffer, packet.position(), read - 4 - FRAME, UTF_8));
            }
        } catch (IOException gone) {
            // Whoever asked has hung up.
        }
    }

    private void handle(int id, int type, String text) throws IOException {
        if (type == LOGIN) {
            loggedIn = text.equals(password);
            send(loggedIn ? id : REFUSED, LOGIN_ANSWER, "");
        } else if (type != COMMAND) {
            answer(id, "Unknown request " + Integer.toHexString(type));
        } else if (loggedIn) {
            Log.event("RCON " + text);
            answer(id, Commands.run("Rcon", text));
        } else {
            send(REFUSED, LOGIN_ANSWER, "");
        }
    }

    /** A long answer becomes several packets. */
    private void answer(int id, String text) throws IOException {
        int from = 0;
        do {
            int to = Math.min(from + LONGEST_ANSWER, text.length());
            send(id, ANSWER, text.substring(from, to));
            from = to;
        } while (from < text.length());
    }

    private void send(int id, int type, String text) throws IOException {
        var bytes = text.getBytes(UTF_8);
        var packet = ByteBuffer.allocate(4 + FRAME + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
        packet.putInt(FRAME + bytes.length).putInt(id).putInt(type).put(bytes);
        socket.getOutputStream().write(packet.array());
    }
}
