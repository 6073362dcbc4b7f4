package game;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import game.Commands.Arguments;
import game.Commands.Refused;

/**
 * As much of a permissions plugin as a shop sees of it. Players need not be online:
 * {@code lp user <name> parent add|remove <group>} and {@code lp user <name> info}.
 */
final class Groups {
    private static final Map<String, Set<String>> OF = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

    static String run(Arguments words) {
        var name = words.word(2);
        var groups = OF.computeIfAbsent(name, key -> new TreeSet<>());
        if (!words.word(1).equals("user")) throw new Refused("[LP] Unknown command.");
        if (words.word(3).equals("info")) return "[LP] " + name + ": " + String.join(" ", groups);
        var group = words.word(5);
        return "[LP] " + switch (words.word(3) + " " + words.word(4)) {
            case "parent add" -> groups.add(group)
                    ? name + " now inherits permissions from " + group + " in context global."
                    : name + " already inherits from " + group + " in context global.";
            case "parent remove" -> groups.remove(group)
                    ? name + " no longer inherits permissions from " + group + " in context global."
                    : name + " does not inherit from " + group + " in context global.";
            default -> throw new Refused("[LP] Unknown command.");
        };
    }
}
