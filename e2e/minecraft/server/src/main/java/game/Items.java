package game;

import java.util.Arrays;
import java.util.stream.Collectors;

import net.minestom.server.entity.Player;
import net.minestom.server.item.ItemStack;
import net.minestom.server.item.Material;

/** Gives items and takes them away. */
final class Items {
    static String give(Player player, Material item, int count) {
        var stack = ItemStack.of(item);
        for (int left = count; left > 0; left -= stack.maxStackSize()) {
            // The game would drop what does not fit. Nobody picks it up here, so it must not look given.
            if (!player.getInventory().addItemStack(stack.withAmount(Math.min(left, stack.maxStackSize())))) {
                return "No room for %d more [%s]".formatted(left, title(item));
            }
        }
        return "Gave %d [%s] to %s".formatted(count, title(item), player.getUsername());
    }

    static String clear(Player player, Material item, int most) {
        var inventory = player.getInventory();
        int taken = 0;
        for (int slot = 0; slot < inventory.getSize() && taken < most; slot++) {
            var stack = inventory.getItemStack(slot);
            if (stack.material() != item) continue;
            int now = Math.min(stack.amount(), most - taken);
            inventory.setItemStack(slot, stack.withAmount(stack.amount() - now));
            taken += now;
        }
        return taken == 0
                ? "No items were found on player " + player.getUsername()
                : "Removed %d item(s) from player %s".formatted(taken, player.getUsername());
    }

    /** "Oak Log" for minecraft:oak_log. */
    private static String title(Material item) {
        return Arrays.stream(item.key().value().split("_"))
                .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
                .collect(Collectors.joining(" "));
    }
}
