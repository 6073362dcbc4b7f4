package game;

import java.util.List;
import java.util.stream.Collectors;

import net.kyori.adventure.text.Component;
import net.minestom.server.entity.Player;
import net.minestom.server.item.Material;

/** The console's commands, which answer in the game's own words. */
final class Commands {
    private static final int MOST_PLAYERS = 20;

    /** Runs one command after the other, whoever sends them, and gives what it answers. */
    static synchronized String run(String sender, String line) {
        try {
            var words = List.of(line.strip().replaceFirst("^/", "").split(" +"));
            return run(sender, new Arguments(words));
        } catch (Refused refused) {
            return refused.getMessage().replace("HERE", line + "<--[HERE]");
        } catch (RuntimeException unexpected) {
            unexpected.printStackTrace();
            return "An unexpected error occurred trying to execute that command";
        }
    }

    private static String run(String sender, Arguments words) {
        return switch (words.word(0)) {
            case "say" -> say(sender, words.from(1));
            case "give" -> Items.give(player(words), item(words), words.number(3, 1));
            case "clear" -> Items.clear(player(words), item(words), words.number(3, Integer.MAX_VALUE));
            case "list" -> list();
            case "lp" -> Groups.run(words);
            case "stop" -> {
                // The answer has to leave first.
                Thread.ofPlatform().start(Main::stop);
                yield "Stopping the server";
            }
            default -> throw new Refused("Unknown or incomplete command, see below for error\nHERE");
        };
    }

    private static String say(String sender, String text) {
        var said = "[" + sender + "] " + text;
        Log.info(said);
        World.players().forEach(player -> player.sendMessage(Component.text(said)));
        return "";
    }

    private static String list() {
        var names = World.players().stream().map(Player::getUsername).collect(Collectors.joining(", "));
        return "There are %d of a max of %d players online: %s".formatted(World.players().size(), MOST_PLAYERS, names);
    }

    private static Player player(Arguments words) {
        var found = World.named(words.word(1));
        words.word(2); // the game reads the whole line before it looks for anybody
        if (found.isEmpty()) throw new Refused("No player was found");
        return found.getFirst();
    }

    private static Material item(Arguments words) {
        var key = words.word(2).contains(":") ? words.word(2) : "minecraft:" + words.word(2);
        var found = Material.fromKey(key);
        if (found == null) throw new Refused("Unknown item '" + key + "'\nHERE");
        return found;
    }

    /** A command that cannot be run; HERE stands for the line. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    /** The words of a command, the first of which is its name. */
    record Arguments(List<String> words) {
        String word(int place) {
            if (place >= words.size()) throw new Refused("Unknown or incomplete command, see below for error\nHERE");
            return words.get(place);
        }

        /** All words from a place on; at least one. */
        String from(int place) {
            word(place);
            return String.join(" ", words.subList(place, words.size()));
        }

        /** The last word where it is there, a number of at least 1. */
        int number(int place, int otherwise) {
            end(place + 1);
            if (place >= words.size()) return otherwise;
            if (!words.get(place).matches("[1-9][0-9]{0,8}")) throw new Refused("Expected integer\nHERE");
            return Integer.parseInt(words.get(place));
        }

        /** There is no word at that place any more. */
        void end(int place) {
            if (words.size() > place) throw new Refused("Incorrect argument for command\nHERE");
        }
    }
}
