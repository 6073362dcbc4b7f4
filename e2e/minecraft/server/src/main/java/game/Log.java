package game;

import java.io.PrintStream;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Standard output: what the game itself would write to its log, and between it lines for tests. */
final class Log {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final PrintStream OUT = new PrintStream(System.out, true, UTF_8);

    /** A line as in the game's own log. */
    static void info(String text) {
        write("[" + LocalTime.now().format(TIME) + "] [Server thread/INFO]: " + text);
    }

    /** A line for tests, which starts with one word in capitals. */
    static void event(String text) {
        write(text);
    }

    private static synchronized void write(String line) {
        OUT.println(line);
    }
}
