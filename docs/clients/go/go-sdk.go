// `go run . URL` lists a server's tools, then calls those that it reads from standard input.
//
// A line is a tool's name and its arguments, such as `echo {"message": "hi"}`; an empty line lists the tools.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func say(key string, value any) {
	json.NewEncoder(os.Stdout).Encode(map[string]any{key: value})
}

func ask(ctx context.Context, session *mcp.ClientSession, line string) error {
	name, arguments, _ := strings.Cut(line, " ")
	if name == "" {
		result, err := session.ListTools(ctx, nil)
		if err != nil {
			return err
		}
		names := []string{}
		for _, tool := range result.Tools {
			names = append(names, tool.Name)
		}
		say("tools", names)
		return nil
	}
	result, err := session.CallTool(ctx, &mcp.CallToolParams{
		// SetProgressToken does nothing here before version 1.6.
		Meta:      mcp.Meta{"progressToken": line},
		Name:      name,
		Arguments: json.RawMessage(arguments),
	})
	if err != nil {
		return err
	}
	say("text", result.Content[0].(*mcp.TextContent).Text)
	return nil
}

func main() {
	ctx := context.Background()
	url := os.Args[1]
	var transport mcp.Transport = &mcp.StreamableClientTransport{Endpoint: url}
	if strings.HasSuffix(url, "/sse") {
		transport = &mcp.SSEClientTransport{Endpoint: url}
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "example", Version: "1.0.0"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, request *mcp.ProgressNotificationClientRequest) {
			say("progress", request.Params.Progress)
		},
	})
	session, err := client.Connect(ctx, transport, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := ask(ctx, session, lines.Text()); err != nil {
			say("error", err.Error())
		}
	}
}
