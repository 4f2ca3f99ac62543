var settings = Outlay.Settings.From(new Outlay.SettingsSource(Environment.GetEnvironmentVariable));
await Outlay.App.RunAsync(settings, address => Console.Error.WriteLine(address), CancellationToken.None);
