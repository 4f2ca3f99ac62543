namespace Outlay.Http;

/// <summary>Marks an endpoint that takes ADMIN_SECRET, or a key with the scope admin, and nothing else.</summary>
internal sealed class ForAdministrators;
