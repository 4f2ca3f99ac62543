using System.Text.Json;

namespace Outlay.Access;

/// <summary>Keys as JSON, for HTTP and the command line.</summary>
internal static class KeyJson
{
    /// <summary>What is known of a key: never the key itself.</summary>
    public static void Write(Utf8JsonWriter json, ApiKey key, DateTimeOffset now)
    {
        json.WriteStartObject();
        WriteMembers(json, key, now);
        json.WriteEndObject();
    }

    /// <summary>A new key with its text, as the original answered, and more.</summary>
    public static void Write(Utf8JsonWriter json, IssuedKey issued, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteString("api_key", issued.Text);
        WriteMembers(json, issued.Key, now);
        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, ApiKey key, DateTimeOffset now)
    {
        json.WriteNumber("id", key.Id);
        json.WriteString("owner", key.Owner);
        json.WriteString("name", key.Name);
        json.WriteString("prefix", key.Prefix);
        json.WriteStartArray("scopes");
        foreach (var scope in key.Scopes.Names())
            json.WriteStringValue(scope);
        json.WriteEndArray();
        json.WriteString("state", key.StateAt(now).Name());
        json.WriteTime("created_at", key.CreatedAt);
        json.WriteTime("expires_at", key.ExpiresAt);
        json.WriteTime("last_used_at", key.LastUsedAt);
        json.WriteTime("revoked_at", key.RevokedAt);
    }
}
