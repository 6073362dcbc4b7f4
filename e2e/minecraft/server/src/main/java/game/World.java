package game;

import java.util.Collection;
import java.util.List;
import java.util.UUID;

import net.minestom.server.MinecraftServer;
import net.minestom.server.coordinate.Pos;
import net.minestom.server.entity.GameMode;
import net.minestom.server.entity.Player;
import net.minestom.server.event.player.AsyncPlayerConfigurationEvent;
import net.minestom.server.event.player.AsyncPlayerPreLoginEvent;
import net.minestom.server.event.player.PlayerChatEvent;
import net.minestom.server.event.player.PlayerDisconnectEvent;
import net.minestom.server.event.player.PlayerSpawnEvent;
import net.minestom.server.instance.Instance;
import net.minestom.server.instance.block.Block;
import net.minestom.server.network.player.GameProfile;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The flat world, and who is in it. */
final class World {
    private static final int GROUND = 40;

    static void open() {
        var world = MinecraftServer.getInstanceManager().createInstanceContainer();
        world.setGenerator(unit -> unit.modifier().fillHeight(0, GROUND, Block.GRASS_BLOCK));
        var events = MinecraftServer.getGlobalEventHandler();
        events.addListener(AsyncPlayerPreLoginEvent.class, World::identify);
        events.addListener(AsyncPlayerConfigurationEvent.class, event -> settle(event, world));
        events.addListener(PlayerSpawnEvent.class, event -> {
            if (event.isFirstSpawn()) tell("JOIN", event.getPlayer(), "joined");
        });
        events.addListener(PlayerChatEvent.class,
                event -> Log.info("<%s> %s".formatted(event.getPlayer().getUsername(), event.getRawMessage())));
        events.addListener(PlayerDisconnectEvent.class, event -> tell("LEAVE", event.getPlayer(), "left"));
    }

    /** Minestom believes the UUID that a client claims and lets a name in twice; the game does neither. */
    private static void identify(AsyncPlayerPreLoginEvent event) {
        var name = event.getGameProfile().name();
        var uuid = UUID.nameUUIDFromBytes(("OfflinePlayer:" + name).getBytes(UTF_8));
        event.setGameProfile(new GameProfile(uuid, name));
        named(name).forEach(older -> older.kick("You logged in from another location"));
    }

    private static void settle(AsyncPlayerConfigurationEvent event, Instance world) {
        event.setSpawningInstance(world);
        event.getPlayer().setRespawnPoint(new Pos(0, GROUND + 1, 0));
        event.getPlayer().setGameMode(GameMode.SURVIVAL);
    }

    private static void tell(String word, Player player, String did) {
        Log.event("%s %s %s".formatted(word, player.getUsername(), player.getUuid()));
        Log.info("%s %s the game".formatted(player.getUsername(), did));
    }

    static Collection<Player> players() {
        return MinecraftServer.getConnectionManager().getOnlinePlayers();
    }

    /** The player of that name, as long as they are here. */
    static List<Player> named(String name) {
        return players().stream().filter(player -> player.getUsername().equalsIgnoreCase(name)).toList();
    }
}
