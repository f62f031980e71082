import com.google.gson.Gson;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientSseClientTransport;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.net.URI;
import java.util.Map;
import java.util.Scanner;

/**
 * {@code Client URL} lists a server's tools, then calls those that it reads from standard input.
 *
 * <p>A line is a tool's name and its arguments, such as {@code echo {"message": "hi"}}; an empty line lists the tools.
 */
public class Client {

	private static final Gson JSON = new Gson();

	public static void main(String[] arguments) {
		try (McpSyncClient client = McpClient.sync(transport(URI.create(arguments[0])))
				.progressConsumer(progress -> say("progress", progress.progress()))
				.build()) {
			client.initialize();
			for (Scanner lines = new Scanner(System.in, "UTF-8"); lines.hasNextLine();) {
				try {
					ask(client, lines.nextLine());
				} catch (Exception error) {
					say("error", error.toString());
				}
			}
		}
	}

	/** The base URL and the path are given apart. */
	private static McpClientTransport transport(URI url) {
		String base = url.resolve("/").toString();
		String path = url.getPath();
		return path.endsWith("/sse")
				? HttpClientSseClientTransport.builder(base).sseEndpoint(path).build()
				: HttpClientStreamableHttpTransport.builder(base).endpoint(path).build();
	}

	private static void ask(McpSyncClient client, String line) {
		if (line.isEmpty()) {
			say("tools", client.listTools().tools().stream().map(McpSchema.Tool::name).toList());
			return;
		}
		String[] parts = line.split(" ", 2);
		McpSchema.CallToolRequest call = McpSchema.CallToolRequest.builder()
				.name(parts[0])
				.arguments(JSON.fromJson(parts[1], Map.class))
				.progressToken(line)
				.build();
		McpSchema.TextContent content = (McpSchema.TextContent) client.callTool(call).content().get(0);
		say("text", content.text());
	}

	private static synchronized void say(String key, Object value) {
		System.out.println(JSON.toJson(Map.of(key, value)));
	}
}
