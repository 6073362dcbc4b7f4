package game;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;

import net.minestom.server.MinecraftServer;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A Minecraft server for tests: a flat world on the loopback, offline, with a console on standard
 * input and over RCON. MINECRAFT_PORT and RCON_PORT may be 0, RCON_PASSWORD is what RCON asks for.
 *
 * <p>Prints READY once both ports are open, and ends with its standard input, so that a test that
 * died leaves no server behind.
 */
public final class Main {
    private static final String HOST = "127.0.0.1";

    public static void main(String[] args) throws IOException {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        System.setProperty("minestom.chunk-view-distance", "2");
        Log.info("Starting minecraft server version " + MinecraftServer.VERSION_NAME);
        // Before Minestom starts threads that would keep the process alive where a port is taken.
        var rcon = new ServerSocket(port("RCON_PORT"), 8, InetAddress.getByName(HOST));
        var server = MinecraftServer.init();
        World.open();
        server.start(HOST, port("MINECRAFT_PORT"));
        Rcon.open(rcon, System.getenv("RCON_PASSWORD"));
        Log.event("READY %d %d".formatted(MinecraftServer.getServer().getPort(), rcon.getLocalPort()));
        readConsole();
        stop();
    }

    private static int port(String variable) {
        return Integer.parseInt(System.getenv().getOrDefault(variable, "0"));
    }

    private static void readConsole() throws IOException {
        var input = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line; (line = input.readLine()) != null; ) {
            if (line.isBlank()) continue;
            Log.event("CONSOLE " + line);
            Commands.run("Server", line).lines().forEach(Log::info);
        }
    }

    static void stop() {
        MinecraftServer.stopCleanly();
        System.exit(0);
    }
}
